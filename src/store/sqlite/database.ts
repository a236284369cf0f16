import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { messageOf, TributaryError } from '../../runtime/errors.ts';

export type Row = Record<string, SQLOutputValue>;

/** Result codes of SQLite: https://www.sqlite.org/rescode.html */
const sqliteBusy = 5;
const sqliteFull = 13;

/** A SQLite file that several processes share; errors come in our words. */
export class Database {
  readonly #file: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string) {
    this.#file = translated(() => new DatabaseSync(path, { timeout: 5_000 }));
    translated(() => {
      this.#file.exec('PRAGMA journal_mode = WAL');
      this.#file.exec('PRAGMA synchronous = FULL');
      this.#file.exec('PRAGMA foreign_keys = ON');
    });
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return translated(() => this.#prepare(sql).all(...values));
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return translated(() => this.#prepare(sql).get(...values));
  }

  /** Returns how many rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return translated(() => Number(this.#prepare(sql).run(...values).changes));
  }

  /** Work whose last second may be lost with the power: no fsync holds up the caller. */
  relaxed<T>(work: () => T): T {
    this.script('PRAGMA synchronous = NORMAL');
    try {
      return work();
    } finally {
      this.script('PRAGMA synchronous = FULL');
    }
  }

  /** Several statements without parameters. */
  script(sql: string): void {
    translated(() => this.#file.exec(sql));
  }

  /** Takes the write lock at once, so that what `work` reads stays true until it has written. */
  transaction<T>(work: () => T): T {
    this.script('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.script('COMMIT');
      return result;
    } catch (error) {
      if (this.#file.isTransaction) this.#file.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    if (this.#file.isOpen) this.#file.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#file.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    // the low byte is the primary code, the rest says more about it
    const code =
      error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
        ? error.errcode & 0xff
        : undefined;
    if (code === sqliteFull) {
      throw new TributaryError('disk-full', 'no space left to write the store', {
        cause: error,
        retryAfter: 30,
      });
    }
    if (code === sqliteBusy) {
      throw new TributaryError('overloaded', `the store is busy: ${messageOf(error)}`, {
        cause: error,
        retryAfter: 1,
      });
    }
    throw error;
  }
}
