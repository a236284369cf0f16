import { UnstyledButton } from '@mantine/core';
import type { BreakdownResult } from '../../src/contract/result.ts';
import { propertyLabel, valueLabel, valueMark } from '../filter/describe.ts';
import { duration } from '../format/duration.ts';
import { compact, full, percent } from '../format/number.ts';

interface BreakdownRowsProps {
  readonly result: BreakdownResult;
  /** Visitors of the whole range: 100 %. */
  readonly visitors: number;
  /** Also sessions, bounce rate and duration. */
  readonly detailed?: boolean;
  readonly onChoose: (value: string) => void;
}

/** Values with their visitors; a click makes one a filter of the page. */
export function BreakdownRows({ result, visitors, detailed = false, onChoose }: BreakdownRowsProps) {
  const most = Math.max(1, ...result.rows.map((row) => row.visitors));
  const label = propertyLabel(result.property);
  return (
    <table
      className={detailed ? 'breakdown breakdown-detailed' : 'breakdown'}
      aria-label={`Visitors by ${label}`}
    >
      <thead>
        <tr>
          <th scope="col">{label}</th>
          <th scope="col" className="number">
            Visitors
          </th>
          {detailed ? (
            <>
              <th scope="col" className="number">
                Sessions
              </th>
              <th scope="col" className="number">
                Bounce
              </th>
              <th scope="col" className="number">
                Duration
              </th>
            </>
          ) : null}
          <th scope="col" className="number">
            Share
          </th>
        </tr>
      </thead>
      <tbody>
        {result.rows.map((row) => {
          const name = valueLabel(result.property, row.value);
          const mark = valueMark(result.property, row.value);
          return (
            <tr key={row.value} data-testid="breakdown-row" data-value={row.value}>
              <td className="breakdown-name">
                <span
                  className="breakdown-bar"
                  style={{ width: `${(row.visitors / most) * 100}%` }}
                  aria-hidden="true"
                />
                <UnstyledButton
                  className="breakdown-button"
                  onClick={() => onChoose(row.value)}
                  title={`${name}: show only these`}
                >
                  {mark === '' ? null : <span className="flag">{mark}</span>}
                  <span className={row.value === '' ? 'breakdown-text muted' : 'breakdown-text'}>{name}</span>
                </UnstyledButton>
              </td>
              <td className="number" title={full(row.visitors)}>
                {compact(row.visitors)}
              </td>
              {detailed ? (
                <>
                  <td className="number" title={full(row.sessions)}>
                    {compact(row.sessions)}
                  </td>
                  <td className="number">{percent(row.bounceRate)}</td>
                  <td className="number">{duration(row.duration)}</td>
                </>
              ) : null}
              <td className="number muted">
                {visitors > 0 ? percent(Math.min(1, row.visitors / visitors)) : '–'}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
