import { Skeleton } from '@mantine/core';
import { Suspense, useMemo } from 'react';
import type { PlanEventResult } from '../../src/contract/plan-endpoints.ts';
import { seriesCharts } from '../charts/charts.ts';
import { compact, counted } from '../format/number.ts';
import type { SeriesPlot } from '../plot/shape.ts';

const height = 170;
/** Colours that are far apart; what does not fit is red wherever it is shown. */
const parts = [
  { name: 'valid', label: 'Valid', slot: 0 },
  { name: 'unchecked', label: 'Before the plan', slot: 7 },
  { name: 'unplanned', label: 'Unplanned', slot: 1 },
  { name: 'violating', label: 'Do not fit', slot: 4 },
  { name: 'quarantined', label: 'In quarantine', slot: 2 },
] as const;

/** Thirty days of one event by what the plan says. */
export function EventDays({ days }: { readonly days: PlanEventResult['days'] }) {
  const plot = useMemo(() => plotOf(days), [days]);
  const Chart = seriesCharts.bar.component;
  return (
    <Suspense fallback={<Skeleton height={height} />}>
      <Chart plot={plot} />
    </Suspense>
  );
}

function plotOf(days: PlanEventResult['days']): SeriesPlot {
  const lines = parts
    .map(({ name, label, slot }) => {
      const points = days.map((one) => one[name]);
      return { name: label, slot, points, total: points.reduce((sum, count) => sum + count, 0) };
    })
    .filter(({ total }) => total > 0);
  const wrong = days.reduce((sum, one) => sum + one.violating + one.quarantined, 0);
  return {
    label: `${counted(wrong, 'event does', 'events do')} not fit in ${days.length} days`,
    times: days.map(({ day }) => Date.parse(day)),
    lines,
    interval: 'day',
    // the days are those of the project already
    timezone: 'UTC',
    incomplete: true,
    daysBefore: 0,
    format: compact,
    height,
  };
}
