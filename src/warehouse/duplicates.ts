import type { LogRecord } from '../contract/request.ts';
import { type Confirm, hashId, type IdTable, type RecentIds, type Suspect } from './dedupe.ts';

interface SeenId {
  readonly hash: readonly [high: number, low: number];
  readonly offset: number;
}

/** Ids that clients gave, of events and of log lines: the same text in both is two ids. */
export class SeenIds {
  readonly #ids = { events: new Map<string, SeenId>(), logs: new Map<string, SeenId>() };
  /** Rows of quarantine that the batch replays. */
  replays: ReadonlySet<string> = new Set();

  has(project: string, id: string, table: IdTable): boolean {
    return this.#ids[table].has(keyOf(project, id));
  }

  add(project: string, id: string, table: IdTable, seen: SeenId): void {
    this.#ids[table].set(keyOf(project, id), seen);
  }

  delete(project: string, id: string, table: IdTable): void {
    this.#ids[table].delete(keyOf(project, id));
  }

  *values(): Iterable<SeenId> {
    yield* this.#ids.events.values();
    yield* this.#ids.logs.values();
  }
}

/** Ids of the batch that is being inserted: the warehouse may not know them yet. */
export type InFlight = Pick<SeenIds, 'has' | 'replays'>;

interface Known {
  /** Takes the ids of what is fresh. */
  readonly ids: SeenIds;
  readonly recent: RecentIds;
  readonly confirm: Confirm;
  /** First offset of the batch. */
  readonly from: number;
  readonly inFlight: InFlight | undefined;
}

/**
 * Older than this is history: an import may bring it again long after the recent ids are forgotten, so the warehouse is asked. Asking means
 * reading a month of ids, so live events must not.
 */
const history = 30 * 86_400_000;

/**
 * Tells first sights from repetitions; what has no id of its client is always fresh. `timeOf`: when it happened, as far as the client
 * said.
 */
export async function withoutDuplicates<Item extends { readonly record: LogRecord }>(
  items: readonly Item[],
  idOf: (item: Item) => string | undefined,
  timeOf: (item: Item) => number | undefined,
  table: IdTable,
  { ids, recent, confirm, from, inFlight }: Known,
): Promise<{ fresh: readonly Item[]; duplicates: ReadonlySet<Item> }> {
  const suspects: Suspect[] = [];
  const forgotten = recent.forgottenBefore;
  const duplicates = new Set<Item>();
  const firstOf = new Map<string, Item>();
  for (const item of items) {
    const id = idOf(item);
    if (id === undefined) continue;
    const { project, offset } = item.record;
    if (ids.has(project, id, table) || inFlight?.has(project, id, table)) {
      duplicates.add(item);
      continue;
    }
    const hash = hashId(project, id, table);
    ids.add(project, id, table, { hash, offset });
    const range = recent.maybe(hash[0], hash[1]);
    if (range) suspects.push({ project, id, ...range });
    const old = forgotten > 0 ? timesBefore(item.record, timeOf(item)) : none;
    for (const time of old) suspects.push({ project, id, from: 0, to: forgotten - 1, time });
    if (range || old.length > 0) firstOf.set(keyOf(project, id), item);
  }
  if (suspects.length > 0) {
    for (const key of await confirm(suspects, from, table)) {
      const item = firstOf.get(key);
      if (!item) continue;
      duplicates.add(item);
      ids.delete(item.record.project, idOf(item) ?? '', table);
    }
  }
  return {
    fresh: duplicates.size > 0 ? items.filter((item) => !duplicates.has(item)) : items,
    duplicates,
  };
}

const none: readonly number[] = [];

/** Around which times an item may be stored that was forgotten; none for live ones. */
function timesBefore({ receivedAt, replay }: LogRecord, time: number | undefined): readonly number[] {
  // by a clock that is wrong, it would have been stored at the time of its arrival
  if (replay !== undefined) return [time ?? receivedAt, receivedAt];
  return time !== undefined && time < receivedAt - history ? [time] : none;
}

const keyOf = (project: string, id: string): string => `${project}\0${id}`;
