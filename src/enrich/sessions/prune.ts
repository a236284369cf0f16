import type { SessionRules } from '../../contract/project-settings.ts';
import type { Subject } from '../memory.ts';
import { fuse, type Mark, minute, type Visit } from './mark.ts';
import { reckon } from './row.ts';

/**
 * How long events may be late: sessions are as if events had come in order for as long as none comes later than that after newer ones of
 * its visitor. What comes later still makes a session of its own, unless the one it belongs to is remembered for another reason.
 */
export const lateness = 24 * 60 * minute;
/** Marks of a visitor; more than that are put together, the oldest first, and a session that was put together cannot be split any more. */
const maxMarks = 400;
/** Sessions of a visitor; of one that begins sessions by the thousand (a program that alternates campaigns) the oldest are forgotten. */
const maxVisits = 400;
/** Events that wait for a session that becomes known later. */
const maxAlone = 50;

/**
 * Forgets sessions that ended too long before the visitor's newest event, but none that this batch touched, nor those near them: history
 * that is imported in order is cut by nothing.
 */
export function prune(
  subject: Subject,
  visits: readonly Visit[],
  alone: readonly Mark[],
  batch: object,
  rules: SessionRules,
): void {
  const { trail } = subject;
  const keep = keeper(visits, alone, batch, rules);
  let keptVisits =
    visits.length < 2
      ? visits
      : keepKin(
          visits,
          visits.filter((visit) => keep(visit.start, visit.end)),
        );
  if (keptVisits.length > maxVisits) keptVisits = keptVisits.slice(-maxVisits);
  let keptAlone = alone.filter(({ start, end }) => keep(start, end));
  if (keptAlone.length > maxAlone) keptAlone = keptAlone.slice(-maxAlone);
  const isAll = keptVisits.length === visits.length && keptAlone.length === alone.length;
  if (isAll && trail.marks.length <= maxMarks) return;
  let marks = [...keptVisits.flatMap((visit) => visit.marks), ...keptAlone];
  if (marks.length > maxMarks) marks = [...compressed(keptVisits, batch), ...keptAlone];
  trail.marks = marks.sort((a, b) => a.start - b.start);
  if (isAll) return;
  trail.told = trail.told.filter(({ start }) => keptVisits.some((visit) => visit.start === start));
  trail.repairs = trail.repairs.filter(({ key }) => marks.some(({ keys }) => keys.includes(key)));
}

function keeper(
  visits: readonly Visit[],
  alone: readonly Mark[],
  batch: object,
  rules: SessionRules,
): (start: number, end: number) => boolean {
  const slack = lateness + rules.timeoutMinutes * minute;
  let newest = 0;
  let first = Infinity;
  let last = -Infinity;
  for (const { end, marks, start } of visits) {
    newest = Math.max(newest, end);
    if (marks.every((mark) => mark.batch !== batch)) continue;
    first = Math.min(first, start);
    last = Math.max(last, end);
  }
  for (const { end } of alone) newest = Math.max(newest, end);
  return (start, end) => end >= newest - slack || (end >= first - slack && start <= last + slack);
}

/** Sessions that share a key stay together, or what is repaired about it could not be said any more. */
function keepKin(visits: readonly Visit[], kept: readonly Visit[]): readonly Visit[] {
  if (kept.length === visits.length) return visits;
  const keys = new Set(kept.flatMap(keysOf));
  const kin = visits.filter((visit) => kept.includes(visit) || keysOf(visit).some((key) => keys.has(key)));
  return kin.length === kept.length ? kept : keepKin(visits, kin);
}

function keysOf({ marks }: Visit): bigint[] {
  return marks.flatMap(({ keys }) => keys);
}

/** The older half as one mark for each session and kind. */
function compressed(visits: readonly Visit[], batch: object): Mark[] {
  const marks: Mark[] = [];
  let left = maxMarks / 2;
  for (const visit of visits.toReversed()) {
    const late = visit.marks.toSorted((a, b) => b.start - a.start);
    marks.push(...late.slice(0, left));
    const early = late.slice(left).reverse();
    left = Math.max(0, left - late.length);
    for (const kind of [
      early.filter((mark) => mark.visit),
      early.filter((mark) => !mark.visit && !mark.adopted),
      early.filter((mark) => mark.adopted),
    ]) {
      const mark = together(kind, batch);
      if (mark) marks.push(mark);
    }
  }
  return marks;
}

function together(marks: readonly Mark[], batch: object): Mark | undefined {
  const [first, ...others] = marks;
  if (first === undefined || others.length === 0) return first;
  const mark: Mark = { ...first, batch, reckoned: reckon(marks) };
  for (const other of others) fuse(mark, other);
  mark.slots = 0;
  return mark;
}
