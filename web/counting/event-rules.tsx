import { Switch } from '@mantine/core';
import type { ConsentReport } from '../../src/contract/counting-endpoints.ts';
import type { ConsentRules, PlanRules } from '../../src/contract/project-settings.ts';
import { counted, percent } from '../format/number.ts';
import { Failure } from '../panel/failure.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { useSaveSettings } from '../settings/save-settings.tsx';

const days = 7;

interface Kind {
  /** What the event says. */
  readonly said: string;
  readonly label: string;
  /** Undefined: always counts. */
  readonly counts?: boolean;
  readonly onChange?: (counts: boolean) => void;
}

/** Whether the events of visitors who said no, or were not asked, count. */
export function ConsentSettings({ saved }: { saved: ConsentRules }) {
  const change = useSaveSettings('It holds for the past, too.');
  const { project } = useSession();
  const report = useCall('consents', { project: project.id, days });
  const rule = (name: keyof ConsentRules) => ({
    counts: saved[name] === 'count',
    onChange: (counts: boolean) =>
      change.mutate({ consent: { ...saved, [name]: counts ? 'count' : 'hide' } }),
  });
  return (
    <Rules
      title="Consent"
      about="What visitors allowed is kept with each event. Whose events count is decided here, for the past, too."
      kinds={[
        { said: 'granted', label: 'Said yes' },
        { said: 'anonymous', label: 'Counted without an id that lasts' },
        { said: 'denied', label: 'Said no', ...rule('denied') },
        { said: '', label: 'Not asked, or the client does not say', ...rule('unknown') },
      ]}
      rows={report.data?.consents.map(({ consent, ...row }) => ({ said: consent, ...row }))}
      error={change.error ?? report.error}
      busy={change.isPending}
    />
  );
}

/** Whether events that the tracking plan does not know, or that do not fit it, count. */
export function PlanSettings({ saved }: { saved: PlanRules }) {
  const change = useSaveSettings('It holds for the past, too.');
  const { project } = useSession();
  const report = useCall('consents', { project: project.id, days });
  const rule = (name: keyof PlanRules) => ({
    counts: saved[name] === 'count',
    onChange: (counts: boolean) => change.mutate({ plan: { ...saved, [name]: counts ? 'count' : 'hide' } }),
  });
  return (
    <Rules
      title="Tracking plan"
      about="What the plan says is kept with each event. Sessions stay whole: this is about events."
      kinds={[
        { said: 'valid', label: 'As planned' },
        { said: '', label: 'Without a plan' },
        { said: 'unplanned', label: 'Not in the plan', ...rule('unplanned') },
        { said: 'violating', label: 'Against the plan', ...rule('violating') },
      ]}
      rows={report.data?.plan.map(({ status, ...row }) => ({ said: status, ...row }))}
      error={change.error ?? report.error}
      busy={change.isPending}
    />
  );
}

type Row = Pick<ConsentReport['consents'][number], 'events' | 'people'> & { readonly said: string };

interface RulesProps {
  readonly title: string;
  readonly about: string;
  readonly kinds: readonly Kind[];
  readonly rows: readonly Row[] | undefined;
  readonly error: Error | null;
  readonly busy: boolean;
}

function Rules({ title, about, kinds, rows, error, busy }: RulesProps) {
  const { me } = useSession();
  const all = rows?.reduce((sum, { events }) => sum + events, 0) ?? 0;
  return (
    <Panel title={title}>
      <p className="panel-note">{about}</p>
      {error ? <Failure error={error} /> : null}
      <ul className="counting-kinds">
        {kinds.map(({ counts, label, onChange, said }) => {
          const row = rows?.find((one) => one.said === said);
          return (
            <li key={said}>
              <span>
                {label}
                <span className="panel-note counting-kind-note">{noteOf(rows, row, all)}</span>
              </span>
              {onChange ? (
                <Switch
                  label="Counts"
                  aria-label={`${title}: ${label}`}
                  checked={counts ?? true}
                  disabled={busy || !mayAct(me, 'admin')}
                  onChange={(event) => onChange(event.currentTarget.checked)}
                />
              ) : (
                <span className="muted">counts</span>
              )}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

function noteOf(rows: readonly Row[] | undefined, row: Row | undefined, all: number): string {
  if (rows === undefined) return ' ';
  if (row === undefined) return `no events in ${days} days`;
  return `${percent(row.events / all)} of the events of ${days} days, ${counted(row.people, 'person', 'people')}`;
}
