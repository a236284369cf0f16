import type { FunnelQuery } from '../../src/contract/query.ts';
import { decodeFilters, encodeFilter } from './filters.ts';
import { decodeList, encodeList } from './list.ts';

export type FunnelStep = FunnelQuery['steps'][number];

/** `event~filter~filter…`; an empty event is a step that still has to be chosen. */
export function encodeStep(step: FunnelStep): string {
  return encodeList([step.event, ...step.filters.map(encodeFilter)]);
}

export function decodeStep(text: string): FunnelStep {
  const [event = '', ...filters] = decodeList(text);
  return { event, filters: decodeFilters(filters) };
}

const units = { m: 60, h: 3_600, d: 86_400 } as const;
export type WindowUnit = keyof typeof units;
export interface FunnelWindow {
  readonly amount: number;
  readonly unit: WindowUnit;
}
const longest = 366 * 86_400;

/** `30m`, `12h`, `7d`; anything else is seven days. */
export function decodeWindow(text: string | undefined): FunnelWindow {
  const match = /^(\d{1,6})([mhd])$/.exec(text ?? '');
  const amount = Number(match?.[1] ?? 0);
  const unit = match?.[2];
  if (amount < 1 || (unit !== 'm' && unit !== 'h' && unit !== 'd')) return { amount: 7, unit: 'd' };
  return { amount, unit };
}

export function encodeWindow(window: FunnelWindow): string {
  return `${window.amount}${window.unit}`;
}

export function windowSeconds(window: FunnelWindow): number {
  return Math.min(Math.max(1, Math.round(window.amount)) * units[window.unit], longest);
}
