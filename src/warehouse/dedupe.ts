import type { ClickHouseClient } from '@clickhouse/client';

/** An id that may be stored already, under an offset in [from, to]. */
export interface Suspect {
  readonly project: string;
  readonly id: string;
  readonly from: number;
  readonly to: number;
  /** When it happened, for events of history: bounds the search, which the offsets do not. */
  readonly time?: number | undefined;
}

/** Which of the suspects are stored from offsets before `before`, as `project\0id`. */
export type Confirm = (suspects: readonly Suspect[], before: number, table: IdTable) => Promise<Set<string>>;

/** Tables whose rows have ids that clients gave. */
export type IdTable = 'events' | 'logs';

export interface DedupeOptions {
  /** Ids per generation; the oldest generation is forgotten when there are more than `generations`. */
  readonly size?: number;
  readonly generations?: number;
}

interface Generation {
  readonly bits: Uint32Array;
  ids: number;
  minOffset: number;
  maxOffset: number;
}

/** 11 bits in one block of 512: one miss of the processor's cache per look, and about 3 false alarms per million ids at 32 bits per id. */
const probes = 11;

/**
 * Which ids were seen among the last `size` × `generations` (16.8 million by default, 4 bytes each). "No" is certain, "maybe" is for the
 * warehouse to confirm, inside the offsets of the generations that said it.
 */
export class RecentIds {
  readonly #size: number;
  readonly #limit: number;
  /** Newest first. */
  readonly #generations: Generation[] = [];
  #forgotten = 0;

  constructor(options: DedupeOptions = {}) {
    this.#size = options.size ?? 2 ** 21;
    this.#limit = options.generations ?? 8;
  }

  get capacity(): number {
    return this.#size * this.#limit;
  }

  /** Ids from offsets before this one may be unknown here. */
  get forgottenBefore(): number {
    return this.#forgotten;
  }

  forgetBefore(offset: number): void {
    this.#forgotten = Math.max(this.#forgotten, offset);
  }

  add(high: number, low: number, offset: number): void {
    let generation = this.#generations[0];
    if (!generation || generation.ids >= this.#size) {
      generation = { bits: new Uint32Array(this.#size), ids: 0, minOffset: offset, maxOffset: offset };
      this.#generations.unshift(generation);
      if (this.#generations.length > this.#limit) {
        this.forgetBefore((this.#generations.pop()?.maxOffset ?? 0) + 1);
      }
    }
    this.#probe(generation.bits, high, low, true);
    generation.ids++;
    generation.minOffset = Math.min(generation.minOffset, offset);
    generation.maxOffset = Math.max(generation.maxOffset, offset);
  }

  /** The offsets between which the id may have been seen, or undefined when it certainly was not. */
  maybe(high: number, low: number): { from: number; to: number } | undefined {
    let found: { from: number; to: number } | undefined;
    for (const { bits, minOffset, maxOffset } of this.#generations) {
      if (!this.#probe(bits, high, low, false)) continue;
      found = {
        from: Math.min(found?.from ?? minOffset, minOffset),
        to: Math.max(found?.to ?? maxOffset, maxOffset),
      };
    }
    return found;
  }

  /** Sets the bits, or tells whether all were set. */
  #probe(bits: Uint32Array, high: number, low: number, set: boolean): boolean {
    const block = (high % Math.max(1, bits.length >>> 4)) << 4;
    let state = low ^ Math.imul(high, 0x9e3779b1);
    for (let probe = 0; probe < probes; probe++) {
      // A linear congruential step; its high bits are the good ones.
      state = (Math.imul(state, 0x19660d) + 0x3c6ef35f) | 0;
      const at = block + (state >>> 28);
      const mask = 1 << ((state >>> 23) & 31);
      if (set) bits[at] = (bits[at] ?? 0) | mask;
      else if (((bits[at] ?? 0) & mask) === 0) return false;
    }
    return true;
  }
}

/** The hash of an id, as two words; `hashSql` computes the same in the warehouse. */
export function hashId(
  project: string,
  idOfClient: string,
  table: IdTable = 'events',
): readonly [high: number, low: number] {
  const id = table === 'events' ? idOfClient : `\0${idOfClient}`;
  const size = writeAscii(project, id);
  if (size > 0) return [murmur3(scratch, size), murmur2(scratch, size)];
  const bytes = Buffer.from(`${project}\0${id}`);
  return [murmur3(bytes, bytes.length), murmur2(bytes, bytes.length)];
}

const scratch = Buffer.allocUnsafe(1024);

/** Writes both into `scratch` when they are short and ASCII, as nearly all are: cheaper than joining them and a call into the runtime. */
function writeAscii(project: string, id: string): number {
  const start = project.length + 1;
  const size = start + id.length;
  if (size > scratch.length) return 0;
  let codes = 0;
  for (let at = 0; at < project.length; at++) {
    const code = project.charCodeAt(at);
    codes |= code;
    scratch[at] = code;
  }
  scratch[start - 1] = 0;
  for (let at = 0; at < id.length; at++) {
    const code = id.charCodeAt(at);
    codes |= code;
    scratch[start + at] = code;
  }
  return codes > 0x7f ? 0 : size;
}

const hashSql = (key: string): string => `murmurHash3_32(${key}), murmurHash2_32(${key})`;

/** How ids are found in each table: the column, what is hashed, and which rows have an id of their client. */
const tables = {
  events: { id: 'event_id', key: `concat(project, '\\0', event_id)`, given: '1' },
  logs: { id: 'line_id', key: `concat(project, '\\0\\0', line_id)`, given: `NOT startsWith(line_id, '#')` },
} as const;

function word(bytes: Uint8Array, at: number, size: number): number {
  if (at + 4 <= size) {
    return (
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24)
    );
  }
  let value = 0;
  for (let i = Math.min(4, size - at) - 1; i >= 0; i--) value = (value << 8) | (bytes[at + i] ?? 0);
  return value;
}

/** MurmurHash3, 32 bits, seed 0: https://github.com/aappleby/smhasher. */
function murmur3(bytes: Uint8Array, size: number): number {
  let hash = 0;
  const mix = (value: number): number => {
    const k = Math.imul(value, 0xcc9e2d51);
    return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  };
  const whole = size & ~3;
  for (let at = 0; at < whole; at += 4) {
    hash ^= mix(word(bytes, at, size));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (whole < size) hash ^= mix(word(bytes, whole, size));
  hash ^= size;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** MurmurHash2, 32 bits, seed 0. */
function murmur2(bytes: Uint8Array, size: number): number {
  const m = 0x5bd1e995;
  let hash = size;
  const whole = size & ~3;
  for (let at = 0; at < whole; at += 4) {
    let k = Math.imul(word(bytes, at, size), m);
    k = Math.imul(k ^ (k >>> 24), m);
    hash = Math.imul(hash, m) ^ k;
  }
  if (whole < size) hash = Math.imul(hash ^ word(bytes, whole, size), m);
  hash = Math.imul(hash ^ (hash >>> 13), m);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Where rows are looked for: a database with the tables of `tributary`, and a condition in SQL. */
export interface StoredWhere {
  readonly database: string;
  readonly where: string;
}

const everywhere: StoredWhere = { database: 'tributary', where: '1' };

/** Fills the filter with the newest ids of the warehouse that came from offsets before `before`: oldest first, so that those are forgotten first. */
export async function rememberStored(
  warehouse: ClickHouseClient,
  recent: RecentIds,
  before: number,
  { database, where }: StoredWhere = everywhere,
): Promise<number> {
  const [events, logs] = await Promise.all([
    oldestOffset(warehouse, `${database}.events`, before, recent.capacity),
    oldestOffset(warehouse, `${database}.logs`, before, recent.capacity),
  ]);
  const older = await warehouse.query({
    query: `SELECT 1 FROM ${database}.events WHERE log_offset < {events:UInt64} AND ${where} LIMIT 1`,
    query_params: { events },
    format: 'JSONEachRow',
  });
  if ((await older.json()).length > 0) recent.forgetBefore(events);
  const idsOf = (table: IdTable): string =>
    `SELECT ${hashSql(tables[table].key)}, log_offset FROM ${database}.${table}
     WHERE log_offset >= {${table}:UInt64} AND log_offset < {before:UInt64} AND ${tables[table].given} AND ${where}`;
  const { stream } = await warehouse.exec({
    query: `SELECT * FROM (${idsOf('events')} UNION ALL ${idsOf('logs')}) ORDER BY log_offset FORMAT RowBinary`,
    query_params: { events, logs, before },
  });
  let rest: Buffer = Buffer.alloc(0);
  let count = 0;
  for await (const chunk of stream) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer);
    let at = 0;
    for (; at + 16 <= bytes.length; at += 16, count++) {
      recent.add(bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4), Number(bytes.readBigUInt64LE(at + 8)));
    }
    rest = bytes.subarray(at);
  }
  return count;
}

/** The offset from which on there are at most `limit` rows, to a granule or so: a cheap count by parts of the offsets. */
async function oldestOffset(
  warehouse: ClickHouseClient,
  table: string,
  before: number,
  limit: number,
): Promise<number> {
  const result = await warehouse.query({
    query: `SELECT min(bucket) AS oldest FROM (
      SELECT intDiv(log_offset, 1000) * 1000 AS bucket, sum(count()) OVER (ORDER BY bucket DESC) AS newer
      FROM ${table} WHERE log_offset < {before:UInt64} GROUP BY bucket) WHERE newer <= {limit:UInt64}`,
    query_params: { before, limit },
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ oldest: string | number }>();
  return Number(row?.oldest ?? 0);
}

/** Asks the warehouse; only offsets before `before` count, so that a range that is processed again decides the same. */
export async function confirmStored(
  warehouse: ClickHouseClient,
  suspects: readonly Suspect[],
  before: number,
  table: IdTable = 'events',
  database = 'tributary',
): Promise<Set<string>> {
  const { id: column } = tables[table];
  const found = new Set<string>();
  const perQuery = 2_000;
  const timed = suspects.filter(({ time }) => time !== undefined);
  if (timed.length > 0 && timed.length < suspects.length) {
    const others = suspects.filter(({ time }) => time === undefined);
    const [old, recent] = [
      await confirmStored(warehouse, timed, before, table, database),
      await confirmStored(warehouse, others, before, table, database),
    ];
    return new Set([...old, ...recent]);
  }
  for (let at = 0; at < suspects.length; at += perQuery) {
    const some = suspects.slice(at, at + perQuery);
    let from = before;
    let to = 0;
    for (const suspect of some) {
      from = Math.min(from, suspect.from);
      to = Math.max(to, suspect.to);
    }
    const pairs = some.map(({ project, id }) => `(${quote(project)},${quote(id)})`).join(',');
    const projects = [...new Set(some.map(({ project }) => project))].map(quote).join(',');
    const result = await warehouse.query({
      // Written out, not as parameters: those travel in the URL, which ends at some kilobytes.
      query: `SELECT DISTINCT project, ${column} AS id FROM ${database}.${table} WHERE project IN (${projects}) AND (project, ${column}) IN (${pairs})
        AND log_offset >= ${from} AND log_offset <= ${Math.min(to, before - 1)}${timeBounds(some)}`,
      format: 'JSONEachRow',
    });
    for (const row of await result.json<{ project: string; id: string }>()) {
      found.add(`${row.project}\0${row.id}`);
    }
  }
  return found;
}

/** A day to each side: clocks are corrected by less than that. */
function timeBounds(suspects: readonly Suspect[]): string {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { time } of suspects) {
    if (time === undefined) return '';
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  const day = 86_400_000;
  return ` AND timestamp BETWEEN fromUnixTimestamp64Milli(${Math.floor(first - day)}) AND fromUnixTimestamp64Milli(${Math.ceil(last + day)})`;
}

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
