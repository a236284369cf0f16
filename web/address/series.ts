import type { Measure, Series } from '../../src/contract/query.ts';
import { decodeFilters, encodeFilter } from './filters.ts';
import { decodeList, encodeList } from './list.ts';

const propertyMeasures: readonly string[] = ['sum', 'avg', 'min', 'max', 'p50', 'p90', 'p95', 'p99'];
type PropertyMeasure = Extract<Measure, { property: string }>['kind'];

function isPropertyMeasure(kind: string): kind is PropertyMeasure {
  return propertyMeasures.includes(kind);
}

/** The measure of that kind, or a count while a property is still to be chosen. */
export function measureOf(kind: string | undefined, property: string | undefined): Measure {
  if (kind === 'users' || kind === 'per_user') return { kind };
  if (kind !== undefined && property && isPropertyMeasure(kind)) return { kind, property };
  return { kind: 'count' };
}

/** `event~measure~property~filter~filter…` */
export function encodeSeries(series: Series): string {
  const property = 'property' in series.measure ? series.measure.property : '';
  return encodeList([series.event, series.measure.kind, property, ...series.filters.map(encodeFilter)]);
}

export function decodeSeries(text: string): Series | undefined {
  const [event, kind, property, ...filters] = decodeList(text);
  if (!event) return undefined;
  return { event, measure: measureOf(kind, property), filters: decodeFilters(filters) };
}
