import type { OverviewMetrics } from '../../src/contract/result.ts';
import { duration } from '../format/duration.ts';
import { compact, full, percent } from '../format/number.ts';

export type MetricName = keyof OverviewMetrics;

interface Metric {
  readonly name: MetricName;
  readonly label: string;
  readonly format: (value: number) => string;
  /** Exact value, for a title. */
  readonly exact: (value: number) => string;
  readonly lessIsBetter?: boolean;
  readonly meaning: string;
}

const twoDigits = (value: number) => value.toFixed(2);

/** The six numbers of the overview, in their order. */
export const metrics: readonly Metric[] = [
  {
    name: 'visitors',
    label: 'Visitors',
    format: compact,
    exact: full,
    meaning: 'Different people, also over several devices once they sign in',
  },
  {
    name: 'sessions',
    label: 'Sessions',
    format: compact,
    exact: full,
    meaning: 'Visits that end after 30 minutes without activity',
  },
  {
    name: 'pageViews',
    label: 'Page views',
    format: compact,
    exact: full,
    meaning: 'Pages and screens shown',
  },
  {
    name: 'depth',
    label: 'Views per session',
    format: twoDigits,
    exact: twoDigits,
    meaning: 'Page views divided by sessions',
  },
  {
    name: 'bounceRate',
    label: 'Bounce rate',
    format: percent,
    exact: percent,
    lessIsBetter: true,
    meaning: 'Sessions with at most one page view and under 10 seconds of activity',
  },
  {
    name: 'duration',
    label: 'Session duration',
    format: duration,
    exact: duration,
    meaning: 'Mean time from the first to the last event of a session',
  },
];

export function metricOf(name: string | undefined): Metric {
  const found = metrics.find((metric) => metric.name === name) ?? metrics[0];
  if (!found) throw new Error('no metrics');
  return found;
}
