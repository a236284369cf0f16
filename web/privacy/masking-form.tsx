import { Select, Stack, Switch, TagsInput } from '@mantine/core';
import { useState } from 'react';
import type { PersonalKind, PrivacyAction, PrivacyRules } from '../../src/contract/privacy-settings.ts';
import { Panel } from '../panel/panel.tsx';
import { mayAct, useSession } from '../session/session.tsx';
import { SaveSettings, useSaveSettings } from '../settings/save-settings.tsx';
import { PseudonymKeys } from './pseudonym-keys.tsx';
import { TryMasking } from './try-masking.tsx';

const kinds: readonly { readonly id: PersonalKind; readonly label: string }[] = [
  { id: 'email', label: 'E-mail addresses' },
  { id: 'phone', label: 'Phone numbers' },
  { id: 'card', label: 'Payment cards' },
  { id: 'token', label: 'Passwords and tokens' },
];
const actions: { value: PrivacyAction; label: string }[] = [
  { value: 'keep', label: 'Keep' },
  { value: 'mask', label: 'Mask' },
  { value: 'pseudonym', label: 'Pseudonym' },
];

/** What is masked before a request reaches the disk. */
export function MaskingForm({ saved }: { readonly saved: PrivacyRules }) {
  const { me } = useSession();
  const [rules, setRules] = useState(saved);
  const editable = mayAct(me, 'admin');
  const save = useSaveSettings('It holds for what arrives from now on.');
  const change = (part: Partial<PrivacyRules>): void => setRules({ ...rules, ...part });
  const act = (place: 'urls' | 'properties', kind: PersonalKind) => (
    <Select
      size="xs"
      aria-label={`${kind} in ${place}`}
      data={actions}
      value={rules[place][kind]}
      onChange={(next) => next && change({ [place]: { ...rules[place], [kind]: next } })}
      allowDeselect={false}
      disabled={!editable}
    />
  );
  return (
    <Panel title="Personal data">
      <p className="panel-note">
        Found by form and by name, and changed before anything is written to disk. A pseudonym is the same for
        the same value, so people can still be counted.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ privacy: rules });
        }}
      >
        <Stack gap="md" mt="sm">
          <div className="privacy-kinds">
            <span className="privacy-kind" />
            <span className="muted">In page addresses</span>
            <span className="muted">In properties and logs</span>
            {kinds.map(({ id, label }) => (
              <Row key={id} label={label} urls={act('urls', id)} properties={act('properties', id)} />
            ))}
          </div>
          <Switch
            label="Pseudonyms instead of user ids"
            description="From every client, before anything is stored. Events of before keep their ids."
            checked={rules.pseudonyms.userIds}
            onChange={(event) =>
              change({ pseudonyms: { ...rules.pseudonyms, userIds: event.currentTarget.checked } })
            }
            disabled={!editable}
          />
          <Switch
            label="Pseudonyms instead of e-mail addresses of profiles"
            checked={rules.pseudonyms.emails}
            onChange={(event) =>
              change({ pseudonyms: { ...rules.pseudonyms, emails: event.currentTarget.checked } })
            }
            disabled={!editable}
          />
          <TagsInput
            label="Always mask these properties"
            description="By name, whatever they hold. Properties that the tracking plan marks as personal are masked, too."
            value={Object.keys(rules.fields)}
            onChange={(names) =>
              change({
                fields: Object.fromEntries(names.map((name) => [name, rules.fields[name] ?? 'mask'])),
              })
            }
            maxTags={200}
            disabled={!editable}
          />
          <TagsInput
            label="Never change these"
            description="Names of properties and parameters that only look personal."
            value={rules.exceptions}
            onChange={(exceptions) => change({ exceptions })}
            maxTags={200}
            disabled={!editable}
          />
          <SaveSettings save={save} changed={JSON.stringify(rules) !== JSON.stringify(saved)} />
          <TryMasking rules={rules} />
          {editable ? <PseudonymKeys /> : null}
        </Stack>
      </form>
    </Panel>
  );
}

function Row({
  label,
  urls,
  properties,
}: {
  readonly label: string;
  readonly urls: React.ReactNode;
  readonly properties: React.ReactNode;
}) {
  return (
    <>
      <span className="privacy-kind">{label}</span>
      <div>{urls}</div>
      <div>{properties}</div>
    </>
  );
}
