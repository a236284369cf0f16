import type { TrendQuery } from '../../src/contract/query.ts';
import type { SeriesResult } from '../../src/contract/result.ts';
import { valueLabel } from '../filter/describe.ts';
import { compact } from '../format/number.ts';
import type { SeriesPlot } from '../plot/shape.ts';
import { countDays } from '../range/days.ts';

export type AskedTrend = Pick<TrendQuery, 'series' | 'interval' | 'breakdown' | 'range'>;

/** A trend's answer as lines with names. `labels` are the names of the query's series. */
export function plotOf(result: SeriesResult, asked: AskedTrend, labels: readonly string[]): SeriesPlot {
  const severalSeries = asked.series.length > 1;
  const lines = result.lines.map((line, slot) => {
    const event = labels[line.series] ?? line.event;
    const value = line.value === null ? undefined : valueLabel(asked.breakdown ?? '', line.value);
    const name = value === undefined ? event : severalSeries ? `${event} · ${value}` : value;
    return {
      name,
      slot,
      points: line.points,
      total: line.total,
      previousPoints: line.previousPoints,
      previousTotal: line.previousTotal,
    };
  });
  return {
    label: `${labels.join(', ')} over time, ${lines.length} ${lines.length === 1 ? 'line' : 'lines'}`,
    times: result.times,
    lines,
    interval: asked.interval,
    timezone: asked.range.timezone,
    incomplete: result.incomplete,
    daysBefore: countDays(asked.range.from, asked.range.to),
    format: compact,
    height: 320,
  };
}
