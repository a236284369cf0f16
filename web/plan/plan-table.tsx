import { UnstyledButton } from '@mantine/core';
import type { PlannedEventFacts } from '../../src/contract/plan-endpoints.ts';
import { bytes } from '../format/bytes.ts';
import { ago } from '../format/duration.ts';
import { compact, percent } from '../format/number.ts';
import { StateMark } from '../panel/state.tsx';
import { Sparkline } from '../sources/sparkline.tsx';
import { totalOf } from './facts.ts';
import { StatusBar } from './status-bar.tsx';

interface PlanTableProps {
  readonly events: readonly PlannedEventFacts[];
  /** On disk, of all events of the project. */
  readonly bytes: number;
  readonly now: number;
  readonly onChoose: (event: string) => void;
}

export function PlanTable({ events, bytes: all, now, onChoose }: PlanTableProps) {
  return (
    <div className="table-scroll plan-table">
      <table className="data" aria-label="Events">
        <thead>
          <tr>
            <th scope="col">Event</th>
            <th scope="col">Plan</th>
            <th scope="col">7 days</th>
            <th scope="col" className="number">
              Events
            </th>
            <th scope="col">Fits</th>
            <th scope="col">Last seen</th>
            <th scope="col" className="wide-only">
              Owner
            </th>
            <th scope="col" className="number">
              Disk
            </th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <tr key={event.event} data-testid="plan-row">
              <td className="clip">
                <UnstyledButton
                  className="plan-name"
                  title={event.event}
                  onClick={() => onChoose(event.event)}
                >
                  {event.event === '' ? 'No name' : event.event}
                </UnstyledButton>
                {event.description === '' ? null : (
                  <span className="source-door plan-note">{event.description}</span>
                )}
              </td>
              <td>
                <PlanMark event={event} />
              </td>
              <td>
                <Sparkline hours={event.days} unit="days" />
              </td>
              <td className="number">{compact(totalOf(event.week))}</td>
              <td>
                <StatusBar counts={event.week} />
              </td>
              <td className="nowrap">
                {event.lastSeen === null ? <span className="muted">never</span> : ago(event.lastSeen, now)}
              </td>
              <td className="wide-only">
                {event.owner === '' ? <span className="muted">nobody</span> : event.owner}
              </td>
              <td className="number" title={`about ${bytes(event.bytes)}`}>
                {all === 0 ? '0%' : percent(event.bytes / all)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const policies = { pass: 'let pass', mark: 'mark', quarantine: 'quarantine' } as const;

/** Whether the event is in the plan, and what becomes of those that do not fit. */
export function PlanMark({ event }: { readonly event: Pick<PlannedEventFacts, 'kind' | 'policy'> }) {
  if (event.kind === 'planned')
    return <StateMark tone="good" word={`planned · ${policies[event.policy ?? 'mark']}`} />;
  if (event.kind === 'known') return <StateMark tone={undefined} word="known by itself" />;
  return <StateMark tone="warn" word="unplanned" />;
}
