import { counted } from '../format/number.ts';

const width = 120;
const height = 24;

interface SparklineProps {
  readonly hours: readonly number[];
  readonly unit?: string;
}

/** Bars of a day's hours (or of what `unit` says): how much, and whether it still comes. */
export function Sparkline({ hours, unit = 'hours' }: SparklineProps) {
  const most = Math.max(1, ...hours);
  const step = width / hours.length;
  const total = hours.reduce((sum, count) => sum + count, 0);
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${counted(total, 'event', 'events')} in the last ${hours.length} ${unit}`}
    >
      {hours.map((count, index) => {
        const bar = count === 0 ? 1 : Math.max(2, (count / most) * height);
        const x = index * step;
        return (
          <rect
            key={x}
            x={x}
            y={height - bar}
            width={step - 1}
            height={bar}
            rx={0.5}
            data-none={count === 0 || undefined}
          />
        );
      })}
    </svg>
  );
}
