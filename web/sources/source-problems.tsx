import type { SourceStatus } from '../../src/contract/source.ts';
import { ago } from '../format/duration.ts';
import { full } from '../format/number.ts';

interface SourceProblemsProps {
  readonly status: SourceStatus;
  readonly now: number;
}

const outcomes: Readonly<Record<string, string>> = {
  origin: 'Page of another origin (403)',
  'rate-limit': 'Over the limit (503, sent again later)',
  'bad-signature': 'Wrong signature',
  'wrong-door': 'Sent where another kind of source belongs',
};

/** Why what came is not among the events: turned away at the door, or kept in quarantine. */
export function SourceProblems({ status: { refusals, reasons }, now }: SourceProblemsProps) {
  const rows = [
    ...reasons.map(({ stage, reason, count, last }) => ({
      what: reason,
      where: stage,
      detail: '',
      count,
      last,
    })),
    ...refusals.map(({ outcome, detail, count, last }) => ({
      what: outcomes[outcome] ?? outcome,
      where: 'at the door, since the start',
      detail,
      count,
      last,
    })),
  ];
  return (
    <div className="table-scroll">
      <table className="data" aria-label="Problems">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Where</th>
            <th scope="col" className="number">
              Count
            </th>
            <th scope="col" className="number">
              Last
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ what, where, detail, count, last }) => (
            <tr key={`${where} ${what}`}>
              <td>
                {what}
                {detail === '' ? null : <span className="source-door">{detail}</span>}
              </td>
              <td className="muted">{where}</td>
              <td className="number">{full(count)}</td>
              <td className="number">{ago(last, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
