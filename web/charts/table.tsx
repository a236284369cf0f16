import { full } from '../format/number.ts';
import { bucketName } from '../format/time.ts';
import { seriesColour, usePlotColours } from '../plot/palette.ts';
import type { SeriesChartProps } from '../plot/shape.ts';

/** Every value of every bucket, newest first: also what a screen reader gets instead of a drawing. */
export default function TableChart({ plot }: SeriesChartProps) {
  const colours = usePlotColours();
  const rows = plot.times.map((at, index) => ({ at, index })).reverse();
  return (
    <div className="table-scroll tall">
      <table className="data" aria-label={plot.label}>
        <thead>
          <tr>
            <th scope="col">{plot.interval === 'hour' ? `Hour (${plot.timezone})` : 'Period'}</th>
            {plot.lines.map((line) => (
              <th scope="col" key={line.slot} className="number">
                <span className="swatch" style={{ background: seriesColour(colours, line.slot) }} />
                {line.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ at, index }) => (
            <tr key={at}>
              <td>
                {bucketName(at, plot.interval, plot.timezone)}
                {plot.incomplete && index === plot.times.length - 1 ? (
                  <span className="muted"> · so far</span>
                ) : null}
              </td>
              {plot.lines.map((line) => (
                <td key={line.slot} className="number" title={full(line.points[index] ?? 0)}>
                  {plot.format(line.points[index] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
