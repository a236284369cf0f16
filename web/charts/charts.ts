import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import type { FunnelChartProps, SeriesChartProps } from '../plot/shape.ts';

/** A chart of values over time. */
interface SeriesChart {
  readonly label: string;
  readonly component: LazyExoticComponent<ComponentType<SeriesChartProps>>;
}

interface FunnelChart {
  readonly label: string;
  readonly component: LazyExoticComponent<ComponentType<FunnelChartProps>>;
}

/** THE table of charts, by the shape they draw; each loads its code when it is first shown. */
export const seriesCharts = {
  line: { label: 'Line', component: lazy(() => import('./line.tsx')) },
  bar: { label: 'Bars', component: lazy(() => import('./bar.tsx')) },
  number: { label: 'Number', component: lazy(() => import('./number.tsx')) },
  table: { label: 'Table', component: lazy(() => import('./table.tsx')) },
} as const satisfies Record<string, SeriesChart>;

export const funnelCharts = {
  funnel: { label: 'Funnel', component: lazy(() => import('./funnel.tsx')) },
} as const satisfies Record<string, FunnelChart>;

export type SeriesChartKind = keyof typeof seriesCharts;

export function seriesChartKind(text: string | undefined): SeriesChartKind {
  return text !== undefined && Object.hasOwn(seriesCharts, text) ? (text as SeriesChartKind) : 'line';
}
