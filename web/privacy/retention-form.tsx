import { NumberInput, Stack, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { RetentionRules } from '../../src/contract/privacy-settings.ts';
import { counted } from '../format/number.ts';
import { dayName, moment } from '../format/time.ts';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { SaveSettings, useSaveSettings } from '../settings/save-settings.tsx';

const kinds = [
  { id: 'events', label: 'Events' },
  { id: 'sessions', label: 'Sessions' },
  { id: 'logs', label: 'Log lines' },
  { id: 'quarantine', label: 'Quarantine' },
] as const;

/** How long rows are kept. */
export function RetentionForm({ saved }: { readonly saved: RetentionRules }) {
  const { me } = useSession();
  const [rules, setRules] = useState(saved);
  const [names, setNames] = useState(
    Object.entries(saved.eventNames)
      .map(([name, days]) => `${name}: ${days}`)
      .join('\n'),
  );
  const eventNames = namesOf(names);
  const editable = mayAct(me, 'admin');
  const wanted = { ...rules, eventNames: eventNames ?? {} };
  const save = useSaveSettings('What is older is deleted within ten minutes.');
  return (
    <Panel title="Retention">
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ retention: wanted });
        }}
      >
        <Stack gap="sm">
          {kinds.map(({ id, label }) => (
            <NumberInput
              key={id}
              label={`${label}: days`}
              placeholder="kept for ever"
              value={rules[id] ?? ''}
              onChange={(value) => setRules({ ...rules, [id]: typeof value === 'number' ? value : null })}
              min={1}
              max={36_500}
              allowDecimal={false}
              disabled={!editable}
            />
          ))}
          <Textarea
            label="Events with days of their own"
            description="One per line, such as Search: 30"
            value={names}
            onChange={(event) => setNames(event.currentTarget.value)}
            error={eventNames ? undefined : 'Each line is a name, a colon and a number of days.'}
            autosize
            minRows={2}
            maxRows={10}
            disabled={!editable}
          />
          <SaveSettings
            save={save}
            changed={!(!eventNames || JSON.stringify(wanted) === JSON.stringify(saved))}
          />
          <Runs />
        </Stack>
      </form>
    </Panel>
  );
}

function namesOf(text: string): Record<string, number> | undefined {
  const names: Record<string, number> = {};
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const colon = line.lastIndexOf(':');
    const days = Number(line.slice(colon + 1));
    const name = line.slice(0, Math.max(0, colon)).trim();
    if (name === '' || !Number.isInteger(days) || days < 1 || days > 36_500) return undefined;
    names[name] = days;
  }
  return names;
}

function Runs() {
  const { project } = useSession();
  const { data } = useCall('retentionRuns', { project: project.id });
  if (!data || data.runs.length === 0)
    return <p className="panel-note">Nothing was deleted because of its age yet.</p>;
  return (
    <ul className="privacy-report panel-note">
      {data.runs.slice(0, 10).map((run) => (
        <li key={`${run.at}${run.rule}${run.table}`}>
          {moment(run.at, project.timezone)}: {counted(run.rows, 'row', 'rows')} of {run.rule} from before{' '}
          {dayName(run.before, project.timezone)}
        </li>
      ))}
    </ul>
  );
}
