import type { QuarantineGroup, QuarantineReplay } from '../contract/quarantine-endpoints.ts';
import { columns, seenText } from './source-text.ts';

/** One line per group, columns under each other. */
export function groupTable(groups: readonly QuarantineGroup[], now: number): string {
  if (groups.length === 0) return 'Nothing waits in quarantine.';
  const rows = groups.map(({ cause, count, stage, protocol, last, reason, detail }) => [
    cause,
    count.toLocaleString('en'),
    stage,
    protocol,
    seenText(last, now),
    reason,
    detail.replaceAll(/\s+/g, ' ').slice(0, 80),
  ]);
  return columns([['GROUP', 'ITEMS', 'STAGE', 'PROTOCOL', 'LAST', 'REASON', 'DETAIL'], ...rows]);
}

/** What became of a replay. */
export function replayText({ state, message, sent, left, reasons, outcomes }: QuarantineReplay): string {
  const told = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return [
    `${state}: ${sent} sent${told.length > 0 ? ` (${told.join(', ')})` : ''}, ${left} left`,
    ...(message === '' ? [] : [message]),
    ...reasons.map(({ reason, detail, count }) => `${count} × ${reason}: ${detail}`),
  ].join('\n');
}
