import type { Measure, Series } from '../../src/contract/query.ts';
import { eventLabel } from '../catalog/event-picker.tsx';
import { propertyLabel } from '../filter/describe.ts';

export const measureNames: Readonly<Record<Measure['kind'], string>> = {
  count: 'Count',
  users: 'Unique people',
  per_user: 'Count per person',
  sum: 'Sum of',
  avg: 'Average of',
  min: 'Minimum of',
  max: 'Maximum of',
  p50: 'Median of',
  p90: '90th percentile of',
  p95: '95th percentile of',
  p99: '99th percentile of',
};

export const measureKinds = Object.keys(measureNames) as Measure['kind'][];

export function measureLabel(measure: Measure): string {
  const name = measureNames[measure.kind];
  return 'property' in measure ? `${name} ${propertyLabel(measure.property)}` : name;
}

/** `Note created`, with its measure when that is not the plain count. */
export function seriesLabel(series: Series): string {
  const event = eventLabel(series.event);
  return series.measure.kind === 'count' ? event : `${event}, ${measureLabel(series.measure).toLowerCase()}`;
}
