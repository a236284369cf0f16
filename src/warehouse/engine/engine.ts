import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addon, type Connection, type NativeResult } from './addon.ts';
import { writeConfigFile } from './config-file.ts';
import { refusals, toEngineError } from './errors.ts';
import type { Access, AccessLimits, Limits } from './limits.ts';
import { makePipes, ResultPipe } from './pipes.ts';
import { Slots } from './slots.ts';

export interface Statement {
  readonly sql: string;
  /** Of a result whose query does not name one. */
  readonly format: string;
  readonly access: Access;
  readonly database: string;
  readonly settings: ReadonlyMap<string, string>;
  /** Values of `{name:Type}`, in the escaped text form of the HTTP interface. */
  readonly params: ReadonlyMap<string, string>;
  /** Refuses changes of data; settings stay changeable until they are frozen. */
  readonly readonly: boolean;
  readonly signal: AbortSignal;
}

/** What one connection does for one request: any number of statements under the same time limit. */
export interface Run {
  query(sql: string, format?: string): Promise<NativeResult>;
  /** Adds settings, within the limits, and lets nothing be changed from then on, neither data nor settings. */
  freeze(settings: ReadonlyMap<string, string>): Promise<void>;
  /** Where a streamed result goes; undefined for statements that answer at once. */
  readonly pipe: ResultPipe | undefined;
}

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/**
 * The embedded ClickHouse behind the HTTP interface.
 *
 * A fresh connection per query costs 1.7 ms against 0.8 ms on a kept one (`SELECT 1`), and it is the only way that
 * surely leaves nothing behind: settings could be reset one by one, parameters and temporary tables could not. On one
 * connection queries run one after another, on several at the same time.
 *
 * Rows per second of CPU for bodies of 50,000 rows into a table of 20 columns with fsync (11 MB as Native): Native
 * 256,000, RowBinary 178,000, JSONCompactEachRow 123,000, JSONEachRow 87,000. Rows go through a file (FROM INFILE):
 * handed over inside the query they would end at the first blank line, which binary formats contain by chance.
 */
export class Engine {
  readonly version: string;
  readonly timezone: string;
  readonly limits: Limits;
  /** For bodies on their way in; emptied at every start. */
  readonly folder: string;
  readonly #dataPath: string;
  // Keeps the engine open between queries, and kills those that nobody waits for any more.
  readonly #control: Connection;
  readonly #slots: Record<Access, Slots>;
  readonly #pipes: Record<Access, readonly string[]>;
  readonly #active = new Set<Promise<unknown>>();
  readonly #stopping = new AbortController();

  private constructor(
    options: { dataPath: string; folder: string; limits: Limits; control: Connection },
    facts: string,
  ) {
    const [version = '', timezone = ''] = facts.trim().split('\t');
    this.version = version;
    this.timezone = timezone;
    this.limits = options.limits;
    this.folder = options.folder;
    this.#dataPath = options.dataPath;
    this.#control = options.control;
    const { full, read } = options.limits;
    this.#slots = {
      full: new Slots(full.running, options.limits),
      read: new Slots(read.running, options.limits),
    };
    const names = (access: Access, count: number) =>
      Array.from({ length: count }, (_, slot) => `${access}-${slot}.pipe`);
    this.#pipes = {
      full: makePipes(this.folder, names('full', full.running)),
      read: makePipes(this.folder, names('read', read.running)),
    };
  }

  static async open(dataPath: string, limits: Limits): Promise<Engine> {
    const folder = join(dirname(dataPath), `${basename(dataPath)}-tmp`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    mkdirSync(dataPath, { recursive: true, mode: 0o700 });
    const config = writeConfigFile(folder, limits);
    const control = addon.CreateConnection(dataPath, [`--config-file=${config}`]);
    const facts = await addon.QueryAsyncConnection(control, 'SELECT version(), timezone()', 'TSVRaw');
    return new Engine({ dataPath, folder, limits, control }, facts.bytes.toString());
  }

  /**
   * Runs `task` on a fresh connection when a slot is free. The connection is closed afterwards, so that no setting,
   * parameter, database or temporary table reaches the next request.
   */
  async run<T>(
    statement: Statement,
    options: { piped: boolean },
    task: (run: Run) => Promise<T>,
  ): Promise<T> {
    const signal = AbortSignal.any([statement.signal, this.#stopping.signal]);
    const slot = await this.#slots[statement.access].take(signal);
    const work = this.#runIn(slot, { ...statement, signal }, options.piped, task);
    this.#active.add(work);
    try {
      return await work;
    } finally {
      this.#active.delete(work);
      this.#slots[statement.access].give(slot);
    }
  }

  /** Kills what runs and closes the data folder. */
  async close(): Promise<void> {
    this.#stopping.abort(refusals.cancelled());
    await Promise.allSettled(this.#active);
    addon.CloseConnection(this.#control);
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #runIn<T>(
    slot: number,
    statement: Statement,
    piped: boolean,
    task: (run: Run) => Promise<T>,
  ): Promise<T> {
    const token = randomUUID();
    const limits = this.limits[statement.access];
    const path = this.#pipes[statement.access][slot];
    const pipe = piped && path !== undefined ? ResultPipe.open(path) : undefined;
    const connection = addon.CreateConnection(this.#dataPath);
    const watch = new Watch(statement.signal, limits.seconds, pipe, () => this.#kill(token));
    const query = async (sql: string, format = statement.format): Promise<NativeResult> => {
      watch.throwIfStopped();
      try {
        return await watch.during(addon.QueryAsyncConnection(connection, sql, format));
      } catch (error) {
        throw watch.reason() ?? toEngineError(error);
      }
    };
    const freeze = async (settings: ReadonlyMap<string, string>): Promise<void> => {
      const changes = limited(new Map([...statement.settings, ...settings, ['log_comment', token]]), limits);
      await query(setClause(changes.set('readonly', '1')));
    };
    try {
      await query(sessionSettings(statement, limits, token));
      if (statement.database !== 'default') await query(`USE ${identifier(statement.database)}`);
      return await task({ query, freeze, pipe });
    } finally {
      watch.end();
      pipe?.close();
      addon.CloseConnection(connection);
    }
  }

  async #kill(token: string): Promise<void> {
    await addon.QueryAsyncConnection(
      this.#control,
      `KILL QUERY WHERE Settings['log_comment'] = ${quote(token)} ASYNC`,
      'Null',
    );
  }
}

/** Ends a query that was given up by its reader or is over its time; the engine's own limit does not see a blocked writer. */
class Watch {
  #running = false;
  #reason: Error | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal;
  readonly #seconds: number;
  readonly #pipe: ResultPipe | undefined;
  readonly #kill: () => Promise<void>;

  constructor(signal: AbortSignal, seconds: number, pipe: ResultPipe | undefined, kill: () => Promise<void>) {
    this.#signal = signal;
    this.#seconds = seconds;
    this.#pipe = pipe;
    this.#kill = kill;
    // the engine's own limit comes first and has the better message
    this.#timer = setTimeout(this.#overtime, (seconds + 2) * 1000);
    signal.addEventListener('abort', this.#aborted);
    if (signal.aborted) this.#aborted();
  }

  reason(): Error | undefined {
    return this.#reason;
  }

  throwIfStopped(): void {
    if (this.#reason) throw this.#reason;
  }

  async during<T>(native: Promise<T>): Promise<T> {
    this.#running = true;
    try {
      return await native;
    } finally {
      this.#running = false;
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#aborted);
  }

  readonly #overtime = (): void => this.#stop(refusals.timeout(this.#seconds));
  readonly #aborted = (): void => this.#stop(refusals.cancelled());

  #stop(reason: Error): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#pipe?.abandon();
    void this.#killUntilEnded();
  }

  async #killUntilEnded(): Promise<void> {
    // repeated, because a query that has only just been sent is not in the list of processes yet
    let pause = 20;
    while (this.#running) {
      await this.#kill().catch(() => undefined);
      await sleep(pause);
      pause = Math.min(pause * 2, 1000);
    }
  }
}

/** One SET for everything. `readonly` is checked against the state before it, so it may stand in the same statement. */
function sessionSettings(statement: Statement, limits: AccessLimits, token: string): string {
  const settings = new Map<string, string>([
    // The embedded engine takes bare words for a SELECT and allows looking into its own memory addresses.
    ['implicit_select', '0'],
    ['allow_introspection_functions', '0'],
    ['max_bytes_before_external_group_by', String(Math.floor(limits.memory / 2))],
    ['max_bytes_before_external_sort', String(Math.floor(limits.memory / 2))],
    ...blockSettings,
    ...statement.settings,
    ['log_comment', token],
  ]);
  if (statement.readonly) settings.set('readonly', '2');
  return setClause(limited(settings, limits), statement.params);
}

function setClause(
  settings: ReadonlyMap<string, string>,
  params: ReadonlyMap<string, string> = new Map(),
): string {
  const changes = [...settings].map(([name, value]) => `${name} = ${quote(value)}`);
  for (const [name, value] of params) changes.push(`param_${name} = ${quote(value)}`);
  return `SET ${changes.join(', ')}`;
}

/** Limits may be asked for, but only lower ones. */
function limited(settings: Map<string, string>, limits: AccessLimits): Map<string, string> {
  clamp(settings, 'max_memory_usage', limits.memory);
  clamp(settings, 'max_execution_time', limits.seconds);
  if (limits.resultBytes > 0) clamp(settings, 'max_result_bytes', limits.resultBytes);
  return settings;
}

// One request body becomes one block (up to a million rows), so that its deduplication token covers it as a whole.
const blockSettings: readonly (readonly [string, string])[] = [
  ['async_insert', '0'],
  ['max_insert_threads', '1'],
  ['max_insert_block_size', '1048449'],
  ['min_insert_block_size_rows', '1048449'],
  ['min_insert_block_size_bytes', '1073741824'],
];

function clamp(settings: Map<string, string>, name: string, most: number): void {
  const asked = Number(settings.get(name) ?? 0);
  const limit = Math.floor(most);
  settings.set(name, String(asked > 0 && asked < limit ? asked : limit));
}

export function identifier(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}

export { quote };
