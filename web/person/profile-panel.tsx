import type { PersonResult } from '../../src/contract/person-endpoints.ts';
import { counted, full } from '../format/number.ts';
import { moment } from '../format/time.ts';
import { EmptyPanel } from '../panel/empty.tsx';
import { Panel } from '../panel/panel.tsx';
import { moneyText } from './names.ts';

interface ProfilePanelProps {
  readonly person: PersonResult;
  readonly timezone: string;
}

/** How much of somebody there is. */
export function Figures({ person, timezone }: ProfilePanelProps) {
  const money = moneyText(person.revenue);
  const figures: readonly (readonly [string, string])[] = [
    ['First seen', person.firstSeen === 0 ? 'never' : moment(person.firstSeen, timezone)],
    ['Last seen', person.lastSeen === 0 ? 'never' : moment(person.lastSeen, timezone)],
    ['Events', full(person.events)],
    ['Sessions', full(person.sessions)],
    ['Revenue', money === '' ? 'none' : money],
  ];
  return (
    <dl className="person-figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function ProfilePanel({ person, timezone }: ProfilePanelProps) {
  const traits = Object.entries(person.traits);
  return (
    <div className="stack">
      <Panel title="Properties" flush>
        {traits.length === 0 ? (
          <EmptyPanel title="No properties">
            Send traits with <code>identify</code>, and they show here.
          </EmptyPanel>
        ) : (
          <dl className="person-traits">
            {traits.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
              </div>
            ))}
          </dl>
        )}
      </Panel>
      {person.accounts.length === 0 ? null : (
        <Panel title="Accounts" flush>
          <dl className="person-traits">
            {person.accounts.map(({ kind, id, events, lastSeen }) => (
              <div key={`${kind} ${id}`}>
                <dt>{kind}</dt>
                <dd title={`last seen ${moment(lastSeen, timezone)}`}>
                  {id} <span className="muted">· {counted(events, 'event', 'events')}</span>
                </dd>
              </div>
            ))}
          </dl>
        </Panel>
      )}
    </div>
  );
}
