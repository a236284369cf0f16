import { MultiSelect, Stack, TagsInput } from '@mantine/core';
import { useState } from 'react';
import type { VisitorField, VisitorRules } from '../../src/contract/project-settings.ts';
import { Answer } from '../panel/answer.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { SaveSettings, useSaveSettings } from './save-settings.tsx';

/** What is remembered of a visitor and written on every later event. */
export function VisitorProfile() {
  const { project } = useSession();
  const settings = useCall('projectSettings', { project: project.id });
  return (
    <Panel title="Visitor profile">
      <Answer query={settings} height={220}>
        {({ visitor }) => <ProfileForm key={JSON.stringify([project.id, visitor])} saved={visitor} />}
      </Answer>
    </Panel>
  );
}

const parts = {
  channel: 'channel',
  source: 'source',
  medium: 'medium',
  campaign: 'campaign',
  referrer: 'referrer',
  landing_page: 'landing page',
  time: 'time',
};
const choices: { group: string; items: { value: VisitorField; label: string }[] }[] = [
  { group: 'First touch', items: touches('first', 'First') },
  { group: 'Last touch that was not direct', items: touches('last', 'Last') },
  { group: 'Counts', items: [{ value: 'page_views', label: 'Page views so far' }] },
];

function touches(which: 'first' | 'last', word: string): { value: VisitorField; label: string }[] {
  return Object.entries(parts).map(([part, label]) => ({
    value: `${which}_${part as keyof typeof parts}` as const,
    label: `${word} ${label}`,
  }));
}

function ProfileForm({ saved }: { readonly saved: VisitorRules }) {
  const { me } = useSession();
  const [rules, setRules] = useState(saved);
  const editable = mayAct(me, 'admin');
  const save = useSaveSettings('It holds for events that come from now on.');
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ visitor: rules });
      }}
    >
      <Stack gap="sm">
        <p className="panel-note">
          Remembered per visitor and written on every later event as a property such as $first_source. Nothing
          is remembered unless it is chosen here: sessions and attribution answer most questions without.
        </p>
        <MultiSelect
          label="Remember"
          placeholder={rules.fields.length === 0 ? 'Nothing' : ''}
          data={choices}
          value={rules.fields}
          onChange={(fields) => setRules({ ...rules, fields: fields as VisitorField[] })}
          searchable
          clearable
          disabled={!editable}
        />
        <TagsInput
          label="Count these events"
          description="Up to twenty names; each is a property $count_NAME."
          placeholder={rules.counts.length === 0 ? 'None' : ''}
          value={rules.counts}
          onChange={(counts) => setRules({ ...rules, counts })}
          splitChars={[',']}
          maxTags={20}
          acceptValueOnBlur
          clearable
          disabled={!editable}
        />
        <SaveSettings save={save} changed={JSON.stringify(rules) !== JSON.stringify(saved)} />
      </Stack>
    </form>
  );
}
