import type { LedgerRow } from '../../src/contract/result.ts';
import { minuteTime } from '../format/time.ts';
import { usePlotColours } from '../plot/palette.ts';
import { droppedOf } from './ledger-sum.ts';

interface LedgerBarsProps {
  /** Oldest first. */
  readonly rows: readonly LedgerRow[];
  readonly timezone: string;
}

const height = 72;

/** One stacked bar per minute: what became of what was found. Small enough to draw without a library. */
export function LedgerBars({ rows, timezone }: LedgerBarsProps) {
  const colours = usePlotColours();
  const parts = [
    { name: 'Loaded', colour: colours.series[0], of: (row: LedgerRow) => row.loaded },
    { name: 'Duplicates', colour: colours.series[5], of: (row: LedgerRow) => row.duplicates },
    { name: 'Dropped', colour: colours.series[7], of: droppedOf },
    { name: 'Quarantined', colour: colours.bad, of: (row: LedgerRow) => row.quarantined },
  ];
  const most = Math.max(1, ...rows.map((row) => parts.reduce((sum, part) => sum + part.of(row), 0)));
  const width = 100 / Math.max(1, rows.length);
  return (
    <figure className="ledger-figure">
      <svg
        viewBox={`0 0 100 ${height}`}
        preserveAspectRatio="none"
        width="100%"
        height={height}
        role="img"
        aria-label="Events per minute by what became of them; the table below has the numbers"
      >
        {rows.map((row, index) => {
          let top = height;
          return (
            <g key={row.minute}>
              <title>{`${minuteTime(row.minute, timezone)}: ${parts.map((part) => `${part.name} ${part.of(row)}`).join(', ')}`}</title>
              {parts.map((part) => {
                const value = part.of(row);
                if (value === 0) return null;
                const size = Math.max(1, (value / most) * height);
                top -= size;
                return (
                  <rect
                    key={part.name}
                    x={index * width + width * 0.1}
                    width={width * 0.8}
                    y={Math.max(0, top)}
                    height={size}
                    fill={part.colour}
                    opacity={row.state === 'pending' ? 0.5 : 1}
                  />
                );
              })}
            </g>
          );
        })}
      </svg>
      <ul className="legend" aria-label="Legend">
        {parts.map((part) => (
          <li key={part.name}>
            <span className="swatch" style={{ background: part.colour, margin: 0 }} />
            {part.name}
          </li>
        ))}
        <li className="legend-zone">Times in {timezone}</li>
      </ul>
    </figure>
  );
}
