import { setImmediate as turn } from 'node:timers/promises';
import type { Decoded } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { type Division, divisionsOf } from './divisions.ts';
import { mailOf, rearrivalIds } from './erased.ts';
import type { PersonIds } from './ids.ts';
import { isObject, type Json, readJson } from './json-text.ts';
import { textOf } from './payloads.ts';
import { type Finder, finderOf, mayHide } from './spellings.ts';
import { unlinked } from './unlinked.ts';

/** What became of a person's records. */
export interface RecordCounts {
  deleted: number;
  rewritten: number;
  /** Items of several people that could not be told apart, and went together. */
  whole: number;
}

type Decode = (record: LogRecord) => Decoded | Promise<Decoded>;
type Changed = LogRecord | undefined;

/** What a record says of whom. */
interface Judged {
  readonly theirs: number;
  readonly others: number;
  readonly failures: number;
  /** The person's ids that others' events have as their device or as what they were before. */
  readonly links: ReadonlySet<string>;
}

/** Decoding many items one by one leaves other work its turn. */
const itemsPerTurn = 20;

export interface RecordEraser {
  readonly counts: RecordCounts;
  readonly change: (record: LogRecord) => Changed | Promise<Changed>;
  /** Whether anything in it is the person's, which is not so when others only have their device. */
  readonly isTheirs: (record: LogRecord) => boolean | Promise<boolean>;
}

/**
 * Says what remains of a record of the raw log without a person: the very record, one without the person's items, or nothing. Answers
 * at once for nearly all: their bytes do not hold the person's ids. Whose an item is says the decoder, by the rule of `withoutErased`.
 */
export function recordEraser(project: string, { ids, marks }: PersonIds, decode: Decode): RecordEraser {
  const counts: RecordCounts = { deleted: 0, rewritten: 0, whole: 0 };
  const own = new Set(rearrivalIds({ ids, marks }));
  const wanted = new Set([...ids.map(({ id }) => id), ...marks]);
  const eraser = new Eraser(decode, own, wanted, finderOf(wanted));
  const change = async (record: LogRecord): Promise<Changed> => {
    const { rest, whole } = await eraser.without(record);
    if (whole) counts.whole++;
    if (rest === undefined) counts.deleted++;
    else if (rest !== record) counts.rewritten++;
    return rest;
  };
  const mayBe = (record: LogRecord): boolean => record.project === project && eraser.mayName(record);
  return {
    counts,
    change: (record) => (mayBe(record) ? change(record) : record),
    isTheirs: (record) => mayBe(record) && eraser.isTheirs(record),
  };
}

interface Left {
  readonly rest: Changed;
  /** It went with what others sent in it. */
  readonly whole?: true;
}

class Eraser {
  readonly #decode: Decode;
  readonly #own: ReadonlySet<string>;
  readonly #wanted: ReadonlySet<string>;
  readonly #finder: Finder;
  /** Ids that are made of a visitor and what was said of it stand nowhere in the record. */
  readonly #hasMade: boolean;

  constructor(decode: Decode, own: ReadonlySet<string>, wanted: ReadonlySet<string>, finder: Finder) {
    this.#decode = decode;
    this.#own = own;
    this.#wanted = wanted;
    this.#finder = finder;
    this.#hasMade = [...own].some((id) => /^[0-9a-f]{32}$/.test(id));
  }

  mayName(record: LogRecord): boolean {
    if (record.visitor !== '' && (this.#hasMade || this.#own.has(record.visitor))) return true;
    return this.#mayStandIn(textOf(record)) || this.#mayStandIn(headOf(record));
  }

  async isTheirs(record: LogRecord): Promise<boolean> {
    const { theirs, others, failures } = await this.#judge(record);
    return theirs > 0 || ((others === 0 || failures > 0) && this.#isWordIn(record));
  }

  async without(record: LogRecord): Promise<Left> {
    const before = await this.#judge(record);
    const { theirs, others, failures, links } = before;
    // another's event that speaks of the person stays; what cannot be read and names the person does not
    if (others === 0 && failures === 0)
      return { rest: theirs > 0 || this.#isWordIn(record) ? undefined : record };
    const rest = theirs > 0 || failures > 0 ? await this.#taken(record, before) : record;
    if (rest === record && (theirs > 0 || (others === 0 && this.#isWordIn(record))))
      return others > 0 || theirs > 0 ? { rest: undefined, whole: true } : { rest: undefined };
    if (rest === undefined || links.size === 0) return { rest };
    for (const one of unlinked(rest, links)) {
      const after = await this.#judge(one);
      if (isSound(before, after) && after.links.size === 0) return { rest: one };
    }
    return { rest: undefined, whole: true };
  }

  /** The record without the person's items; undefined when nothing else was in it, the same when it cannot be taken apart. */
  async #taken(record: LogRecord, before: Judged): Promise<Changed> {
    for (const division of divisionsOf(record)) {
      const gone = await this.#theirsOf(division);
      if (gone === undefined || gone.size === 0) continue;
      if (gone.size === division.units.length) return undefined;
      const rest = division.keep((place) => !gone.has(place));
      if (!isSound(before, await this.#judge(rest))) continue;
      // nobody's event proves that these are the items
      if (before.others === 0 && this.#isWordIn(rest)) continue;
      return textOf(rest).trim() === '' && record.body.length > 0 ? undefined : rest;
    }
    return record;
  }

  /** Places of the units that are the person's; undefined when the units are no items, since one of them is several people's. */
  async #theirsOf({ units, keep }: Division): Promise<Set<number> | undefined> {
    const gone = new Set<number>();
    const around = keep(() => false);
    const [isAround, isAroundTheirs] = [this.mayName(around), this.#isWordIn(around)];
    let looked = 0;
    for (const [place, unit] of units.entries()) {
      if (!isAround && !this.#mayStandIn(unit)) continue;
      if (++looked % itemsPerTurn === 0) await turn();
      const { theirs, others } = await this.#judge(keep((one) => one === place));
      if (theirs > 0 && others > 0) return undefined;
      if (theirs > 0 || (others === 0 && (isAroundTheirs || this.#isBrokenOfTheirs(unit)))) gone.add(place);
    }
    return gone;
  }

  /** What cannot be decoded is told by its text, or by its own ids when they are too short for that. */
  #isBrokenOfTheirs(unit: string): boolean {
    if (this.#finder.isWordIn(unit)) return true;
    const json = readJson(unit);
    if (!isObject(json)) return false;
    const levels = [json, json.properties, json.payload].filter(isObject);
    return levels.some((level) =>
      Object.entries(level).some(([name, value]) => isIdOf(name, value, this.#wanted)),
    );
  }

  #mayStandIn(text: string): boolean {
    return this.#finder.isIn(text) || mayHide(text);
  }

  #isWordIn(record: LogRecord): boolean {
    return this.#finder.isWordIn(textOf(record)) || this.#finder.isWordIn(headOf(record));
  }

  async #judge(record: LogRecord): Promise<Judged> {
    const { events, logs = [], failures } = await this.#decode(record);
    let [theirs, others] = [0, 0];
    const links = new Set<string>();
    const look = (
      userId: string | undefined,
      ids: readonly (string | undefined)[],
      before?: string,
    ): void => {
      const found = ids.filter((id) => id !== undefined && this.#own.has(id));
      if (userId === undefined ? found.length > 0 : this.#own.has(userId)) {
        theirs++;
        return;
      }
      others++;
      for (const id of [ids[0], before]) if (id !== undefined && this.#own.has(id)) links.add(id);
    };
    for (const event of events) look(event.userId, [event.anonymousId, mailOf(event)], event.previousId);
    for (const { userId, anonymousId } of logs) look(userId, [anonymousId]);
    return { theirs, others, failures: failures.length, links };
  }
}

/** Nothing of the person is left, and all of the others. */
function isSound(before: Judged, after: Judged): boolean {
  return after.theirs === 0 && after.others === before.others && after.failures <= before.failures;
}

function headOf({ query, headers }: LogRecord): string {
  return `${query} ${JSON.stringify(headers)}`;
}

function isIdOf(name: string, value: Json, wanted: ReadonlySet<string>): boolean {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && identity.test(name) && wanted.has(text);
}

/** Names of a broken item's own ids. */
const identity =
  /^\$?(?:(?:user|anonymous|device|distinct|client|previous|visitor)_?id|email|alias|a|u|uid|cid|_id|duid)$/i;
