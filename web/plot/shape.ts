import type { Interval } from '../../src/contract/query.ts';
import type { FunnelResult } from '../../src/contract/result.ts';

/** One line (or group of bars) of a chart. */
export interface PlotLine {
  readonly name: string;
  /** Place in the palette: stays when other lines are hidden. */
  readonly slot: number;
  readonly points: readonly number[];
  readonly total: number;
  readonly previousPoints?: readonly number[] | undefined;
  readonly previousTotal?: number | undefined;
}

/** What every chart of values over time is given. */
export interface SeriesPlot {
  /** Said to those who cannot see the chart. */
  readonly label: string;
  readonly times: readonly number[];
  readonly lines: readonly PlotLine[];
  readonly interval: Interval;
  readonly timezone: string;
  /** Whether the last bucket is not over yet: it is drawn as provisional. */
  readonly incomplete: boolean;
  /** Days from a point to its counterpart in the period before. */
  readonly daysBefore: number;
  /** Short text of a value, with its unit. */
  readonly format: (value: number) => string;
  readonly height?: number;
}

export interface SeriesChartProps {
  readonly plot: SeriesPlot;
}

export interface FunnelChartProps {
  readonly result: FunnelResult;
  readonly label: string;
  /** Name of a breakdown value for a reader. */
  readonly valueName: (value: string) => string;
}
