import type { LogRecord } from '../contract/request.ts';
import type { LedgerEntry } from '../contract/row.ts';

/** Counts one range of the log by minute, protocol, hop and reason. */
export class Ledger {
  readonly #entries = new Map<string, LedgerEntry>();

  add(record: LogRecord, hop: LedgerEntry['hop'], reason = '', count = 1): void {
    if (count === 0) return;
    const { project, protocol } = record;
    const minute = minuteOf(record.receivedAt);
    const key = `${project}\0${minute}\0${protocol}\0${hop}\0${reason}`;
    const entry = this.#entries.get(key);
    if (entry) entry.count += count;
    else this.#entries.set(key, { project, minute, protocol, hop, reason, count });
  }

  entries(): LedgerEntry[] {
    return [...this.#entries.values()];
  }
}

export function minuteOf(time: number): number {
  return Math.floor(time / 60_000) * 60_000;
}
