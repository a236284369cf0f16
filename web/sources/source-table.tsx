import { Link } from '@tanstack/react-router';
import type { Source, SourceActivity } from '../../src/contract/source.ts';
import { carriedSearch } from '../address/search.ts';
import { ago } from '../format/duration.ts';
import { compact, counted } from '../format/number.ts';
import { StateMark } from '../panel/state.tsx';
import { DoorIcon } from './door-icon.tsx';
import { KeyText } from './key-text.tsx';
import { doorName } from './senders.ts';
import { Sparkline } from './sparkline.tsx';

type Activity = SourceActivity['sources'][number];

interface SourceTableProps {
  readonly sources: readonly Source[];
  /** Undefined while it is not known. */
  readonly activity: readonly Activity[] | undefined;
  readonly now: number;
}

export function SourceTable({ sources, activity, now }: SourceTableProps) {
  const keyless = activity?.find(({ source }) => source === '');
  return (
    <div className="table-scroll">
      <table className="data" aria-label="Sources">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col" className="wide-only">
              Key
            </th>
            <th scope="col">Last seen</th>
            <th scope="col">24 hours</th>
            <th scope="col" className="number">
              Events
            </th>
            <th scope="col">Problems</th>
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => (
            <SourceRow
              key={source.id}
              source={source}
              activity={activity?.find((one) => one.source === source.id)}
              now={now}
            />
          ))}
          {keyless && keyless.lastEvent !== null ? (
            <tr>
              <td>
                <span className="source-name">Without a key</span>
                <span className="source-door">
                  clients whose protocol has none, and history before sources
                </span>
              </td>
              <td className="muted wide-only">none</td>
              <Volume activity={keyless} lastSeen={keyless.lastEvent} now={now} />
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  );
}

interface SourceRowProps {
  readonly source: Source;
  readonly activity: Activity | undefined;
  readonly now: number;
}

function SourceRow({ source, activity, now }: SourceRowProps) {
  const { id, name, door, key, previous, lastUsedAt } = source;
  const seen = Math.max(lastUsedAt ?? 0, activity?.lastEvent ?? 0);
  return (
    <tr data-testid="source-row">
      <td>
        <div className="source-cell">
          <DoorIcon door={door} />
          <div>
            <Link
              to="/sources/$source"
              params={{ source: id }}
              search={carriedSearch}
              className="source-name"
            >
              {name === '' ? 'Unnamed' : name}
            </Link>
            <span className="source-door">
              {doorName(door)}
              {previous.length > 0 ? ' · old key still works' : ''}
            </span>
          </div>
        </div>
      </td>
      <td className="wide-only">
        <KeyText value={key} label={`key of ${name}`} />
      </td>
      <Volume activity={activity} lastSeen={seen === 0 ? null : seen} now={now} />
    </tr>
  );
}

interface VolumeProps {
  readonly activity: Activity | undefined;
  readonly lastSeen: number | null;
  readonly now: number;
}

function Volume({ activity, lastSeen, now }: VolumeProps) {
  const total = activity?.hours.reduce((sum, count) => sum + count, 0);
  return (
    <>
      <td className="nowrap">
        {lastSeen === null ? <span className="muted">never</span> : ago(lastSeen, now)}
      </td>
      <td>{activity ? <Sparkline hours={activity.hours} /> : null}</td>
      <td className="number">{total === undefined ? '' : compact(total)}</td>
      <td className="nowrap">{activity ? <Problems activity={activity} /> : null}</td>
    </>
  );
}

function Problems({ activity: { quarantined, refused } }: { activity: Activity }) {
  if (quarantined === 0 && refused === 0) return <span className="muted">none</span>;
  return (
    <span className="source-problems">
      {quarantined > 0 ? (
        <StateMark tone="bad" word={counted(quarantined, 'in quarantine', 'in quarantine')} />
      ) : null}
      {refused > 0 ? <StateMark tone="warn" word={counted(refused, 'refused', 'refused')} /> : null}
    </span>
  );
}
