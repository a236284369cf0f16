import { full } from '../format/number.ts';
import { Change } from '../panel/change.tsx';
import { seriesColour, usePlotColours } from '../plot/palette.ts';
import type { SeriesChartProps } from '../plot/shape.ts';

/** The total of each line, large. */
export default function NumberChart({ plot }: SeriesChartProps) {
  const colours = usePlotColours();
  return (
    <section className="numbers" aria-label={plot.label}>
      {plot.lines.map((line) => (
        <div key={line.slot} className="number-card">
          <span className="number-name">
            <span className="swatch" style={{ background: seriesColour(colours, line.slot) }} />
            {line.name}
          </span>
          <span className="number-value" title={full(line.total)}>
            {plot.format(line.total)}
          </span>
          <Change now={line.total} before={line.previousTotal} format={plot.format} />
        </div>
      ))}
    </section>
  );
}
