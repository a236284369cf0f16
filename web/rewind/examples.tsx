import { Badge } from '@mantine/core';
import type { RewindExample } from '../../src/contract/rewind.ts';
import { moment } from '../format/time.ts';
import { useSession } from '../session/session.tsx';

const changes = {
  changed: ['changes', 'blue'],
  added: ['comes', 'teal'],
  removed: ['goes', 'red'],
} as const satisfies Record<RewindExample['change'], readonly [string, string]>;

/** Columns of an event that comes or goes; one that changes shows all that do. */
const mostColumns = 12;

/** Single events, column by column. */
export function Examples({ examples }: { readonly examples: readonly RewindExample[] }) {
  const { project } = useSession();
  return (
    <div>
      {examples.map(({ eventId, event, timestamp, change, columns }) => (
        <section key={`${change} ${eventId}`} className="rewind-example" aria-label={`${event} ${eventId}`}>
          <p className="rewind-example-head">
            <strong>{event}</strong>
            <Badge size="sm" variant="light" color={changes[change][1]}>
              {changes[change][0]}
            </Badge>
            <span className="muted">
              {moment(timestamp, project.timezone)} · {eventId}
            </span>
          </p>
          <div className="table-scroll">
            <table className="data">
              <thead>
                <tr>
                  <th scope="col">Column</th>
                  {change === 'added' ? null : <th scope="col">Before</th>}
                  {change === 'removed' ? null : <th scope="col">After</th>}
                </tr>
              </thead>
              <tbody>
                {columns.slice(0, change === 'changed' ? columns.length : mostColumns).map((one) => (
                  <tr key={one.column}>
                    <td>{one.column}</td>
                    {change === 'added' ? null : <td className="rewind-value">{shown(one.before)}</td>}
                    {change === 'removed' ? null : <td className="rewind-value">{shown(one.after)}</td>}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      ))}
    </div>
  );
}

function shown(value: string | null): string {
  return value === null || value === '' ? '–' : value;
}
