import type { SessionRules } from '../../contract/project-settings.ts';
import { fuse, type Mark, minute, newMark } from './mark.ts';

/** What is remembered of a visitor's sessions. */
export interface Trail {
  /** By start. */
  marks: Mark[];
  /** The sessions that rows tell of. */
  told: readonly Told[];
  /** What stands in session_repairs about keys of these marks. */
  repairs: readonly Repair[];
}

/** A session as its row tells it: another one is worth a row. */
export interface Told {
  readonly id: bigint;
  readonly start: number;
  readonly end: number;
  readonly events: number;
}

/** Events of that key between these times, both inclusive, belong to that session. */
export interface Repair {
  readonly key: bigint;
  readonly from: number;
  readonly to: number;
  readonly id: bigint;
}

export function emptyTrail(): Trail {
  return { marks: [], told: [], repairs: [] };
}

/** Marks are shared until they change. */
export function copyTrail({ marks, told, repairs }: Trail): Trail {
  return { marks: marks.slice(), told, repairs };
}

/**
 * The mark that an event of that time belongs to, ready to be changed. Events share one within a cell (milliseconds; 1: only those of the same
 * instant do), as far as no silence is between them that ends a session.
 */
export function markAt(
  { marks }: Trail,
  at: number,
  visit: boolean,
  cell: number,
  rules: SessionRules,
  batch: object,
): Mark {
  const from = at - (at % cell);
  const idle = rules.timeoutMinutes * minute;
  let found = -1;
  let index = marks.length - 1;
  for (; index >= 0; index--) {
    const mark = marks[index] as Mark;
    if (mark.start < from) break;
    if (mark.start >= from + cell || mark.visit !== visit || mark.adopted) continue;
    if (at < mark.start - idle || at > mark.end + idle) continue;
    if (found >= 0) fuseInto(marks, index, found, batch);
    found = index;
  }
  if (found >= 0) return widen(marks, found, at, batch);
  const mark = newMark(at, visit, batch);
  insertByStart(marks, mark);
  return mark;
}

/** Marks that the event connects: the later one ends. */
function fuseInto(marks: Mark[], early: number, late: number, batch: object): void {
  const into = writable(marks, early, batch);
  const from = marks[late] as Mark;
  fuse(into, from);
  if (from.batch === batch) from.into = into;
  marks.splice(late, 1);
}

function widen(marks: Mark[], index: number, at: number, batch: object): Mark {
  const mark = writable(marks, index, batch);
  if (at > mark.end) mark.end = at;
  if (at < mark.start) {
    mark.start = at;
    marks.splice(index, 1);
    insertByStart(marks, mark);
  }
  return mark;
}

function writable(marks: Mark[], index: number, batch: object): Mark {
  const mark = marks[index] as Mark;
  if (mark.batch === batch) return mark;
  const copy = { ...mark, batch, given: undefined };
  marks[index] = copy;
  return copy;
}

export function insertByStart(marks: Mark[], mark: Mark): void {
  let at = marks.length;
  while (at > 0 && (marks[at - 1] as Mark).start > mark.start) at--;
  marks.splice(at, 0, mark);
}
