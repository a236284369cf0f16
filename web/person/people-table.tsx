import { Link } from '@tanstack/react-router';
import type { PersonSummary } from '../../src/contract/person-endpoints.ts';
import { carriedSearch } from '../address/search.ts';
import { ago } from '../format/duration.ts';
import { dayName, moment } from '../format/time.ts';
import { personName } from './names.ts';

interface PeopleTableProps {
  readonly people: readonly PersonSummary[];
  readonly timezone: string;
  readonly now: number;
}

export function PeopleTable({ people, timezone, now }: PeopleTableProps) {
  return (
    <div className="table-scroll">
      <table className="data" aria-label="People">
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col" className="wide-only">
              E-mail
            </th>
            <th scope="col" className="number">
              Ids
            </th>
            <th scope="col" className="wide-only">
              First seen
            </th>
            <th scope="col">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {people.map((one) => (
            <tr key={one.person} data-testid="person-row">
              <td>
                <Link
                  to="/people/$person"
                  params={{ person: one.person }}
                  search={carriedSearch}
                  className="source-name person-link"
                >
                  {personName(one)}
                </Link>
                {one.userId !== '' && one.userId !== one.name ? (
                  <span className="source-door">{one.userId}</span>
                ) : null}
              </td>
              <td className="muted wide-only">{one.email}</td>
              <td className="number">{one.ids}</td>
              <td className="muted wide-only nowrap">{dayName(one.firstSeen, timezone)}</td>
              <td className="nowrap" title={`${moment(one.lastSeen, timezone)} ${timezone}`}>
                {ago(one.lastSeen, now)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
