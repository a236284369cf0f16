import { Checkbox } from '@mantine/core';
import type { Measure } from '../../src/contract/query.ts';
import { full } from '../format/number.ts';
import { Change } from '../panel/change.tsx';
import { seriesColour, usePlotColours } from '../plot/palette.ts';
import type { SeriesPlot } from '../plot/shape.ts';

interface TotalsTableProps {
  readonly plot: SeriesPlot;
  readonly measures: readonly Measure['kind'][];
  readonly hidden: ReadonlySet<number>;
  readonly onToggle: (slot: number) => void;
}

const bucketNames = { hour: 'hour', day: 'day', week: 'week', month: 'month' } as const;

/** Legend and totals in one: hides lines, and says the numbers that a drawing only shows. */
export function TotalsTable({ plot, measures, hidden, onToggle }: TotalsTableProps) {
  const colours = usePlotColours();
  const compared = plot.lines.some((line) => line.previousTotal !== undefined);
  const summed = measures.every((kind) => kind === 'count' || kind === 'sum');
  return (
    <div className="table-scroll">
      <table className="data" aria-label="Totals" data-testid="totals">
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col" className="number">
              {summed ? 'Total' : 'Whole range'}
            </th>
            <th scope="col" className="number">
              Per {bucketNames[plot.interval]}
            </th>
            {compared ? (
              <>
                <th scope="col" className="number">
                  Before
                </th>
                <th scope="col" className="number">
                  Change
                </th>
              </>
            ) : null}
          </tr>
        </thead>
        <tbody>
          {plot.lines.map((line) => (
            <tr key={line.slot}>
              <td>
                <span className="totals-name">
                  <Checkbox
                    size="xs"
                    checked={!hidden.has(line.slot)}
                    onChange={() => onToggle(line.slot)}
                    aria-label={`Show ${line.name}`}
                  />
                  <span className="swatch" style={{ background: seriesColour(colours, line.slot) }} />
                  <span className="totals-text">{line.name}</span>
                </span>
              </td>
              <td className="number">{full(line.total)}</td>
              <td className="number">{full(mean(line.points))}</td>
              {compared ? (
                <>
                  <td className="number muted">
                    {line.previousTotal === undefined ? '–' : full(line.previousTotal)}
                  </td>
                  <td className="number">
                    <Change now={line.total} before={line.previousTotal} />
                  </td>
                </>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function mean(points: readonly number[]): number {
  if (points.length === 0) return 0;
  const value = points.reduce((sum, point) => sum + point, 0) / points.length;
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
