import { Skeleton } from '@mantine/core';
import { Suspense, useMemo } from 'react';
import type { OverviewResult } from '../../src/contract/result.ts';
import type { View } from '../address/use-view.ts';
import { seriesCharts } from '../charts/charts.ts';
import { daysName } from '../format/time.ts';
import type { SeriesPlot } from '../plot/shape.ts';
import { countDays } from '../range/days.ts';
import { type MetricName, metricOf } from './metrics.ts';

interface OverviewChartProps {
  readonly result: OverviewResult;
  readonly metric: MetricName;
  readonly view: View;
  readonly asTable: boolean;
}

const height = 264;

export function OverviewChart({ result, metric, view, asTable }: OverviewChartProps) {
  const plot = useMemo(() => plotOf(result, metric, view), [result, metric, view]);
  const Chart = (asTable ? seriesCharts.table : seriesCharts.line).component;
  return (
    <>
      <Suspense fallback={<Skeleton height={height} />}>
        <Chart plot={plot} />
      </Suspense>
      {asTable ? null : <Legend view={view} compared={result.previous !== null} />}
    </>
  );
}

function plotOf(result: OverviewResult, metric: MetricName, view: View): SeriesPlot {
  const { label, format } = metricOf(metric);
  const previous = result.previous;
  return {
    label: `${label}, ${daysName(view.days.from, view.days.to, view.today)}: ${format(result.total[metric])} in all`,
    times: result.points.map(({ at }) => at),
    lines: [
      {
        name: label,
        slot: 0,
        points: result.points.map((point) => point[metric]),
        total: result.total[metric],
        previousPoints: previous ? result.previousPoints.map((point) => point[metric]) : undefined,
        previousTotal: previous?.[metric],
      },
    ],
    interval: view.interval,
    timezone: view.timezone,
    incomplete: view.days.to >= view.today && view.interval !== 'hour',
    daysBefore: countDays(view.days.from, view.days.to),
    format,
    height,
  };
}

function Legend({ view, compared }: { view: View; compared: boolean }) {
  return (
    <ul className="legend" aria-label="Legend">
      <li>
        <span className="legend-line" aria-hidden="true" />
        {daysName(view.days.from, view.days.to, view.today)}
      </li>
      {compared ? (
        <li>
          <span className="legend-line legend-before" aria-hidden="true" />
          {daysName(view.before.from, view.before.to, view.today)}
        </li>
      ) : null}
      <li className="legend-zone">Times in {view.timezone}</li>
    </ul>
  );
}
