import type { SessionRules } from '../../contract/project-settings.ts';
import type { EventRow, SessionRepairRow, SessionRow } from '../../contract/row.ts';
import type { Subject } from '../memory.ts';
import { visitsOf } from './fold.ts';
import { noSessionKey, sessionId } from './key.ts';
import type { Mark, Visit } from './mark.ts';

/** An event and the mark that it became part of. */
export interface Placed {
  readonly row: EventRow;
  readonly owner: Subject;
  readonly mark: Mark;
}

/** What a batch has of sessions until all of its events are placed. */
export class BatchSessions {
  /** Stands for this batch on marks. */
  readonly batch: object = this;
  readonly placed: Placed[] = [];
  /** Visitors with other marks than before. */
  readonly changed = new Set<Subject>();
  /** Marks that went from a user to a device. */
  readonly moved = new Map<Mark, Subject>();
  readonly rows: SessionRow[] = [];
  readonly repairs: SessionRepairRow[] = [];
  readonly #visits = new Map<Subject, Visit[]>();
  readonly #noSession = new Map<Subject, bigint>();

  /** The visits of a visitor; no marks of visits may be added after the first call. */
  visitsOf(subject: Subject, rules: SessionRules): Visit[] {
    let visits = this.#visits.get(subject);
    if (visits === undefined) {
      visits = visitsOf(subject.trail.marks, rules);
      const visitor = nameOf(subject);
      for (const visit of visits) {
        const known = subject.trail.told.find(({ start }) => start === visit.start);
        visit.id = known?.id ?? sessionId(subject.project, visitor, visit.start);
      }
      this.#visits.set(subject, visits);
    }
    return visits;
  }

  /** For when marks of visits went to somebody else. */
  forget(subject: Subject): void {
    this.#visits.delete(subject);
  }

  noSessionKey(subject: Subject): bigint {
    let key = this.#noSession.get(subject);
    if (key === undefined) {
      key = noSessionKey(subject.project, nameOf(subject));
      this.#noSession.set(subject, key);
    }
    return key;
  }
}

function nameOf(subject: Subject): string {
  return subject.kind + subject.id;
}
