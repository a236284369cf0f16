import { NumberInput, Stack, Switch } from '@mantine/core';
import { useState } from 'react';
import type { SessionRules as Rules } from '../../src/contract/project-settings.ts';
import { Answer } from '../panel/answer.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { SaveSettings, useSaveSettings } from './save-settings.tsx';

/** When a visit ends: the rules by which events that come are put into sessions. */
export function SessionRules() {
  const { project } = useSession();
  const settings = useCall('projectSettings', { project: project.id });
  return (
    <Panel title="Sessions">
      <Answer query={settings} height={300}>
        {({ sessions }) => <RulesForm key={JSON.stringify([project.id, sessions])} saved={sessions} />}
      </Answer>
    </Panel>
  );
}

function RulesForm({ saved }: { readonly saved: Rules }) {
  const { me, project } = useSession();
  const [rules, setRules] = useState(saved);
  const editable = mayAct(me, 'admin');
  // Days are those of the project's reports.
  const wanted = { ...rules, timeZone: rules.midnight ? project.timezone : rules.timeZone };
  const save = useSaveSettings('It holds for events that come from now on.');
  const change = (part: Partial<Rules>): void => setRules({ ...rules, ...part });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ sessions: wanted });
      }}
    >
      <Stack gap="sm">
        <NumberInput
          label="Ends after minutes without an event"
          value={rules.timeoutMinutes}
          onChange={(value) => typeof value === 'number' && change({ timeoutMinutes: value })}
          min={1}
          max={1_440}
          allowDecimal={false}
          required
          disabled={!editable}
        />
        <NumberInput
          label="Ends after hours, whatever happens"
          description="A page that reports all day is not one visit."
          value={rules.maxHours}
          onChange={(value) => typeof value === 'number' && change({ maxHours: value })}
          min={1}
          max={168}
          allowDecimal={false}
          required
          disabled={!editable}
        />
        <Switch
          label="A new campaign begins a new session"
          description="When a page names another campaign (utm_… or an ad’s click id) than the session has."
          checked={rules.newCampaign}
          onChange={(event) => change({ newCampaign: event.currentTarget.checked })}
          disabled={!editable}
        />
        <Switch
          label="Midnight begins a new session"
          description={
            rules.midnight && saved.midnight && saved.timeZone !== project.timezone
              ? `In ${saved.timeZone}; save to make it ${project.timezone}, the project’s time zone.`
              : `In the project’s time zone, ${project.timezone}.`
          }
          checked={rules.midnight}
          onChange={(event) => change({ midnight: event.currentTarget.checked })}
          disabled={!editable}
        />
        <p className="panel-note">
          A change holds for events that come from now on. Sessions of the last 24 hours follow it when
          another event of their visitor comes; all others stay as they are. For the past, rewind.
        </p>
        <SaveSettings save={save} changed={JSON.stringify(wanted) !== JSON.stringify(saved)} />
      </Stack>
    </form>
  );
}
