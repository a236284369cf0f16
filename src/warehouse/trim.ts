import { setImmediate as turn } from 'node:timers/promises';
import { appendedAt, type LogRecord } from '../contract/request.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';

/** What trimming needs of a log. */
interface TrimmableLog {
  read(from: number, maxRecords: number, maxBytes: number): LogRecord[];
  trim(before: number): number;
}

interface TrimOptions {
  readonly log: TrimmableLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Days that processed records stay. */
  readonly logDays: number;
  /** Records from this offset on stay, however old. */
  readonly keepFrom?: () => number;
}

const everyMs = 600_000;

/** Trims the log now and then. */
export class Trimmer {
  readonly #options: TrimOptions;
  #trimmedAt: number;

  constructor(options: TrimOptions) {
    this.#options = options;
    this.#trimmedAt = options.clock.now();
  }

  /** Never fails; `next`: the next offset to process. */
  async trim(next: number): Promise<void> {
    const { log, clock, logDays, logger, keepFrom } = this.#options;
    const now = clock.now();
    if (now - this.#trimmedAt < everyMs) return;
    this.#trimmedAt = now;
    try {
      const keep = Math.min(next - 1, keepFrom?.() ?? Infinity);
      const trimmed = await trimLog(log, now - logDays * 86_400_000, keep);
      if (trimmed > 0) logger.info('old records left the log', { records: trimmed });
    } catch (error) {
      logger.warn('the log cannot be trimmed now', { error });
    }
  }
}

/** Forgets records received before `time`, never those from `keepFrom` on. Answers how many went. */
async function trimLog(log: TrimmableLog, time: number, keepFrom: number): Promise<number> {
  const before = firstSince(log, time, keepFrom);
  let trimmed = 0;
  for (;;) {
    // An implementation may trim in portions, so that writers are not kept waiting.
    const portion = log.trim(before);
    trimmed += portion;
    if (portion === 0) return trimmed;
    await turn();
  }
}

/** The first offset appended at `time` or later, at most `limit`: records lie in the order of their arrival. */
function firstSince(log: TrimmableLog, time: number, limit: number): number {
  let low = log.read(1, 1, 1)[0]?.offset ?? limit;
  let high = limit;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const record = log.read(middle, 1, 1)[0];
    if (record && appendedAt(record) < time) low = middle + 1;
    else high = middle;
  }
  return high;
}
