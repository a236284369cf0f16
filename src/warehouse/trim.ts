import { setImmediate as turn } from 'node:timers/promises';
import { appendedAt, type LogRecord } from '../contract/request.ts';

/** What trimming needs of a log. */
interface TrimmableLog {
  read(from: number, maxRecords: number, maxBytes: number): LogRecord[];
  trim(before: number): number;
}

/** Forgets records received before `time`, never those from `keepFrom` on. Answers how many went. */
export async function trimLog(log: TrimmableLog, time: number, keepFrom: number): Promise<number> {
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
