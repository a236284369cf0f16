import { Link } from '@tanstack/react-router';
import type { QuarantineGroup } from '../../src/contract/quarantine-endpoints.ts';
import { carriedSearch } from '../address/search.ts';
import { ago } from '../format/duration.ts';
import { full, percent } from '../format/number.ts';
import { Sparkline } from '../sources/sparkline.tsx';

interface GroupTableProps {
  readonly groups: readonly QuarantineGroup[];
  readonly nameOf: (source: string) => string;
  readonly now: number;
}

export function GroupTable({ groups, nameOf, now }: GroupTableProps) {
  return (
    <div className="table-scroll">
      <table className="data" aria-label="What failed, by cause">
        <thead>
          <tr>
            <th scope="col">Cause</th>
            <th scope="col" className="wide-only">
              Source
            </th>
            <th scope="col" className="number">
              Items
            </th>
            <th scope="col" className="number wide-only">
              Share
            </th>
            <th scope="col" className="wide-only">
              Trend
            </th>
            <th scope="col">Last</th>
            <th scope="col" className="wide-only">
              First
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={group.cause} data-testid="quarantine-group">
              <td className="quarantine-cause">
                <Link
                  to="/quarantine/$cause"
                  params={{ cause: group.cause }}
                  search={carriedSearch}
                  className="source-name"
                >
                  {group.reason}
                </Link>
                <span className="source-door">
                  {group.stage} · {group.protocol}
                  <span className="narrow-only"> · {nameOf(group.source)}</span>
                </span>
                <span className="quarantine-text">{group.detail}</span>
              </td>
              <td className="wide-only">{nameOf(group.source)}</td>
              <td className="number">{full(group.count)}</td>
              <td className="number wide-only">{percent(group.share)}</td>
              <td className="wide-only">
                <Sparkline hours={group.trend} unit="parts of the period" />
              </td>
              <td className="nowrap">{ago(group.last, now)}</td>
              <td className="nowrap wide-only">{ago(group.first, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
