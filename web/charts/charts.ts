import { type ComponentType, lazy } from 'react';
import type { FunnelChartProps, SeriesChartProps } from '../plot/shape.ts';
import FunnelChart from './funnel.tsx';
import NumberChart from './number.tsx';
import TableChart from './table.tsx';

interface Chart<Props> {
  readonly label: string;
  readonly component: ComponentType<Props>;
}

/** THE table of charts, by the shape they draw. Those that need the drawing library load when they are first shown. */
export const seriesCharts = {
  line: { label: 'Line', component: lazy(() => import('./line.tsx')) },
  bar: { label: 'Bars', component: lazy(() => import('./bar.tsx')) },
  number: { label: 'Number', component: NumberChart },
  table: { label: 'Table', component: TableChart },
} as const satisfies Record<string, Chart<SeriesChartProps>>;

export const funnelCharts = {
  funnel: { label: 'Funnel', component: FunnelChart },
} as const satisfies Record<string, Chart<FunnelChartProps>>;

export type SeriesChartKind = keyof typeof seriesCharts;

export function seriesChartKind(text: string | undefined): SeriesChartKind {
  return text !== undefined && Object.hasOwn(seriesCharts, text) ? (text as SeriesChartKind) : 'line';
}
