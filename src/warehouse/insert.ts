import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import { encodeNative, type NativeBlock } from './native.ts';
import { type Table, type TableRows, tableColumns } from './rows.ts';

/** The warehouse read the rows and will never take them: trying again is pointless. */
export interface Refusal {
  readonly reason: string;
  readonly detail: string;
}

export interface InserterOptions {
  readonly warehouse: ClickHouseClient;
  readonly signal: AbortSignal;
  readonly onFailure: (error: unknown, pause: number) => void;
  /** Of the tables; `tributary` by default. */
  readonly database?: string;
}

/**
 * Codes that speak of the values sent. Everything else (memory, disk, too many parts, a missing table, no connection) can pass, and the
 * same rows are sent again for as long as it takes.
 */
const aboutData: ReadonlyMap<string, string> = new Map([
  ['6', 'text that cannot be parsed'],
  ['27', 'input that cannot be parsed'],
  ['38', 'not a date'],
  ['41', 'not a time'],
  ['43', 'wrong type'],
  ['53', 'type mismatch'],
  ['69', 'value out of range'],
  ['70', 'value of another type'],
  ['72', 'not a number'],
  ['117', 'incorrect data'],
  ['128', 'array too large'],
  ['131', 'text too large'],
  ['306', 'nested too deeply'],
  ['321', 'value out of range'],
  ['349', 'no value where one is needed'],
  ['467', 'not a boolean'],
  ['469', 'constraint violated'],
  ['691', 'not one of the known values'],
]);

const settings = {
  // The batch is made here; a second buffer in the server would only delay the answer.
  async_insert: 0,
  insert_deduplicate: 1,
  // One block per insert, whatever its times: the token covers the block.
  max_partitions_per_insert_block: '0',
  // Properties stay what the client sent: a text that looks like a time stays a text.
  input_format_try_infer_dates: 0,
  input_format_try_infer_datetimes: 0,
  type_json_skip_duplicated_paths: 1,
} as const;

/** Inserts rows exactly once per token: an insert whose answer got lost is sent again and then recognised by the warehouse. */
export class Inserter {
  readonly #options: InserterOptions;

  constructor(options: InserterOptions) {
    this.#options = options;
  }

  /** Undefined when the rows are in the table; a refusal when they never will be. Rejects only when the signal is aborted. */
  async insert<T extends Table>(
    table: T,
    rows: readonly TableRows[T][],
    token: string,
  ): Promise<Refusal | undefined> {
    if (rows.length === 0) return undefined;
    const { signal, onFailure } = this.#options;
    const block = encodeNative(tableColumns[table], rows);
    for (let pause = 100; ; pause = Math.min(pause * 2, 5_000)) {
      signal.throwIfAborted();
      try {
        await this.#send(table, block, token);
        return undefined;
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal) return refusal;
        onFailure(error, pause);
        await sleep(pause, undefined, { signal });
      }
    }
  }

  /**
   * Only the rows refused stay out. What the warehouse refuses it refuses every time, so the same rows are sent again in the same pieces,
   * each under its own token.
   */
  async insertPieces<T extends Table>(
    table: T,
    rows: readonly TableRows[T][],
    token: string,
  ): Promise<{ row: TableRows[T]; refusal: Refusal }[]> {
    const refusal = await this.insert(table, rows, token);
    if (!refusal) return [];
    const [first] = rows;
    if (rows.length === 1 && first !== undefined) return [{ row: first, refusal }];
    const middle = rows.length >>> 1;
    return [
      ...(await this.insertPieces(table, rows.slice(0, middle), `${token}.0`)),
      ...(await this.insertPieces(table, rows.slice(middle), `${token}.1`)),
    ];
  }

  async #send(table: Table, { columns, bytes }: NativeBlock, token: string): Promise<void> {
    const { warehouse, database = 'tributary' } = this.#options;
    const { stream } = await warehouse.exec({
      query: `INSERT INTO ${database}.${table} (${columns.join(', ')}) FORMAT Native`,
      values: Readable.from([bytes], { objectMode: false }),
      clickhouse_settings: { ...settings, insert_deduplication_token: token },
    });
    // The connection is free for the next request when the answer is read to its end.
    for await (const _ of stream);
  }
}

function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof ClickHouseError)) return undefined;
  const reason = aboutData.get(error.code);
  return reason === undefined ? undefined : { reason, detail: error.message };
}

/**
 * What JSON.stringify writes and the JSON type refuses: half of a surrogate pair (an emoji cut in two), for which the replacement character
 * stands as everywhere else; and whole numbers beyond 64 bits in digits, which are the same number in exponent form.
 */
export function storableJson(text: string): string {
  const whole = text.includes('\\ud')
    ? text.replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, '$1\\ufffd')
    : text;
  if (!hasLongNumber(whole)) return whole;
  return whole.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (part) =>
    /^-?\d{19,}$/.test(part) ? Number(part).toExponential() : part,
  );
}

/** Whether there are 19 digits in a row: every such run covers a position that is looked at, so most of the text is not. */
function hasLongNumber(text: string): boolean {
  for (let at = 18; at < text.length; at += 19) {
    if (!isDigit(text, at)) continue;
    let from = at;
    while (from > 0 && isDigit(text, from - 1)) from--;
    let to = at;
    while (isDigit(text, to + 1)) to++;
    if (to - from >= 18) return true;
    at = to;
  }
  return false;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}
