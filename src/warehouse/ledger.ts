import type { LogRecord } from '../contract/request.ts';
import type { LedgerEntry } from '../contract/row.ts';

type Hop = LedgerEntry['hop'];

/** Counts one range of the log by minute, protocol, hop and reason. */
export class Ledger {
  readonly #groups = new Map<string, Map<string, LedgerEntry>>();
  /** Where the last record counts: its events come one after the other, so most need no key made. */
  #last: LogRecord | undefined;
  #group = new Map<string, LedgerEntry>();

  add(record: LogRecord, hop: Hop, reason = '', count = 1): void {
    if (count === 0) return;
    if (record !== this.#last) this.#turnTo(record);
    const key = reason === '' ? hop : `${hop}\0${reason}`;
    const entry = this.#group.get(key);
    if (entry) {
      entry.count += count;
      return;
    }
    const { project, protocol, receivedAt } = record;
    this.#group.set(key, { project, minute: minuteOf(receivedAt), protocol, hop, reason, count });
  }

  entries(): LedgerEntry[] {
    return [...this.#groups.values()]
      .flatMap((group) => [...group.values()])
      .filter(({ count }) => count > 0)
      .map((entry) => ({ ...entry }));
  }

  #turnTo(record: LogRecord): void {
    const key = `${record.project}\0${minuteOf(record.receivedAt)}\0${record.protocol}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Map();
      this.#groups.set(key, group);
    }
    this.#last = record;
    this.#group = group;
  }
}

export function minuteOf(time: number): number {
  return Math.floor(time / 60_000) * 60_000;
}
