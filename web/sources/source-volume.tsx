import { Skeleton } from '@mantine/core';
import { Suspense, useMemo } from 'react';
import type { SourceStatus } from '../../src/contract/source.ts';
import { seriesCharts } from '../charts/charts.ts';
import { compact, counted } from '../format/number.ts';
import type { SeriesPlot } from '../plot/shape.ts';
import { useSession } from '../session/session.tsx';

const height = 180;
const hour = 3_600_000;

/** Events and failures by the hour. */
export function SourceVolume({ status }: { readonly status: SourceStatus }) {
  const { project } = useSession();
  const plot = useMemo(() => plotOf(status, project.timezone), [status, project.timezone]);
  const Chart = seriesCharts.bar.component;
  return (
    <Suspense fallback={<Skeleton height={height} />}>
      <Chart plot={plot} />
    </Suspense>
  );
}

function plotOf({ since, hours, events, quarantined }: SourceStatus, timezone: string): SeriesPlot {
  const line = (name: string, slot: number, points: number[], total: number) => ({
    name,
    slot,
    points,
    total,
  });
  const arrived = hours.map((one) => one.events);
  const failed = hours.map((one) => one.quarantined);
  return {
    label: `${counted(events, 'event', 'events')} and ${counted(quarantined, 'failure', 'failures')} in ${hours.length} hours`,
    times: hours.map((_, index) => since + index * hour),
    lines: [
      line('Events', 0, arrived, events),
      ...(quarantined > 0 ? [line('In quarantine', 4, failed, quarantined)] : []),
    ],
    interval: 'hour',
    timezone,
    incomplete: true,
    daysBefore: 0,
    format: compact,
    height,
  };
}
