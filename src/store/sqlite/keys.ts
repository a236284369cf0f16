import { randomUUID } from 'node:crypto';
import { type Key, keySchema } from '../../contract/endpoints.ts';
import type { Clock } from '../../runtime/clock.ts';
import { TributaryError } from '../../runtime/errors.ts';
import { randomSecret, sha256 } from '../../runtime/ids.ts';
import type { KeyStore, NewKey } from '../store.ts';
import type { Database, Row } from './database.ts';

const columns = 'id, project, kind, name, role, shown, created_at AS createdAt, last_used_at AS lastUsedAt';
/** Milliseconds between two stored uses of one key: a busy key must not mean a write per request. */
const usePrecision = 60_000;

export class SqliteKeys implements KeyStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async create(key: NewKey): Promise<{ readonly key: Key; readonly secret: string }> {
    const secret = key.kind === 'api' ? randomSecret('ak', 24) : (key.value ?? randomSecret('wk'));
    const id = randomUUID();
    const row = this.#database.transaction(() => {
      this.#requireProject(key.project);
      if (this.#find(key.kind, secret))
        throw new TributaryError('conflict', 'this write key is in use already');
      this.#database.run(
        'INSERT INTO keys (id, project, kind, name, role, lookup, shown, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        id,
        key.project,
        key.kind,
        key.name,
        key.kind === 'api' ? key.role : null,
        lookupOf(key.kind, secret),
        key.kind === 'api' ? `${secret.slice(0, 9)}…` : secret,
        this.#clock.now(),
      );
      return this.#find(key.kind, secret);
    });
    this.changed();
    return { key: toKey(row), secret };
  }

  async list(project: string): Promise<Key[]> {
    return this.#database
      .all(`SELECT ${columns} FROM keys WHERE project = ? ORDER BY created_at, rowid`, project)
      .map(toKey);
  }

  async use(kind: 'write' | 'api', value: string): Promise<Key | undefined> {
    const row = this.#find(kind, value);
    if (!row) return undefined;
    const key = toKey(row);
    const now = this.#clock.now();
    if (now - (key.lastUsedAt ?? 0) >= usePrecision) {
      this.#database.relaxed(() =>
        this.#database.run('UPDATE keys SET last_used_at = ? WHERE id = ?', now, key.id),
      );
      return { ...key, lastUsedAt: now };
    }
    return key;
  }

  async revoke(project: string, id: string): Promise<void> {
    const gone = this.#database.run('DELETE FROM keys WHERE project = ? AND id = ?', project, id);
    if (gone === 0) throw new TributaryError('not-found', `there is no key "${id}" in this project`);
    this.changed();
  }

  async revokeAll(project: string): Promise<void> {
    this.#database.run('DELETE FROM keys WHERE project = ?', project);
    this.changed();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells the listeners that keys were added or removed. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #find(kind: 'write' | 'api', value: string): Row | undefined {
    return this.#database.get(
      `SELECT ${columns} FROM keys WHERE kind = ? AND lookup = ?`,
      kind,
      lookupOf(kind, value),
    );
  }

  #requireProject(id: string): void {
    if (!this.#database.get('SELECT 1 FROM projects WHERE id = ? AND deleted_at IS NULL', id)) {
      throw new TributaryError('not-found', `there is no project "${id}"`);
    }
  }
}

function lookupOf(kind: 'write' | 'api', value: string): string {
  return kind === 'api' ? sha256(value) : value;
}

function toKey(row: Row | undefined): Key {
  return keySchema.parse(row);
}
