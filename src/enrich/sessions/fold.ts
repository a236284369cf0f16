import type { SessionRules } from '../../contract/project-settings.ts';
import { localDay } from './local-day.ts';
import { cellMs, type Mark, minute, type Visit, withoutPage } from './mark.ts';

const hour = 60 * minute;

/**
 * THE rules of sessions, over all that is known of a visitor and in order of time, so that the order of arrival cannot matter:
 *
 * - silence longer than the timeout ends a session;
 * - so does its length: nothing begins in it that lies in a cell of five minutes which begins the maximum or more after its start;
 * - by choice, so does midnight, and a page with another campaign than the one the session has.
 *
 * Events that only join a session belong to the last one that had begun, for as long as its timeout.
 */
export function visitsOf(marks: readonly Mark[], rules: SessionRules): Visit[] {
  const visits: Visit[] = [];
  let visit: Visit | undefined;
  let campaign = '';
  let isSourced = false;
  for (const mark of marks) {
    if (!mark.visit) continue;
    if (visit === undefined || ends(visit, mark, rules) || (isSourced && isNew(mark, campaign))) {
      visit = { id: 0n, start: mark.start, end: mark.end, marks: [], events: 0, key: 0n, source: undefined };
      visits.push(visit);
      campaign = '';
      isSourced = false;
    }
    if (campaign === '') campaign = mark.campaign;
    isSourced ||= mark.source !== undefined && mark.sourceAt < withoutPage;
    if (mark.end > visit.end) visit.end = mark.end;
    visit.marks.push(mark);
    visit.events += mark.events;
  }
  return visits;
}

function isNew(mark: Mark, campaign: string): boolean {
  return mark.campaign !== '' && mark.campaign !== campaign;
}

function ends(visit: Visit, mark: Mark, rules: SessionRules): boolean {
  const { start } = mark;
  if (start - visit.end > rules.timeoutMinutes * minute) return true;
  if (start - (start % cellMs) - visit.start >= rules.maxHours * hour) return true;
  return rules.midnight && localDay(start, rules.timeZone) !== localDay(visit.start, rules.timeZone);
}

/** The session that is open then for what only joins one. */
export function openAt(visits: readonly Visit[], at: number, rules: SessionRules): Visit | undefined {
  for (let index = visits.length - 1; index >= 0; index--) {
    const visit = visits[index] as Visit;
    if (visit.start <= at) return at <= visit.end + rules.timeoutMinutes * minute ? visit : undefined;
  }
  return undefined;
}

/** The session that an event of a visit lies in. */
export function visitAt(visits: readonly Visit[], at: number): Visit | undefined {
  for (let index = visits.length - 1; index >= 0; index--) {
    const visit = visits[index] as Visit;
    if (visit.start <= at) return visit;
  }
  return undefined;
}

/** Adds what joins to the sessions; answers with what joins none. */
export function join(visits: readonly Visit[], marks: readonly Mark[], rules: SessionRules): Mark[] {
  const alone: Mark[] = [];
  for (const mark of marks) {
    if (mark.visit) continue;
    const visit = openAt(visits, mark.start, rules);
    if (visit === undefined) {
      alone.push(mark);
      continue;
    }
    visit.marks.push(mark);
    visit.events += mark.events;
  }
  return alone;
}
