import { randomUUID } from 'node:crypto';
import type { Key } from '../../contract/endpoints.ts';
import type { Source } from '../../contract/source.ts';
import type { Clock } from '../../runtime/clock.ts';
import { TributaryError } from '../../runtime/errors.ts';
import { randomSecret } from '../../runtime/ids.ts';
import type { SecretBox } from '../secret-box.ts';
import { ShortMemory } from '../short-memory.ts';
import type { KeyStore, NewKey, SendingKey, SourceChanges } from '../store.ts';
import type { Database, Row } from './database.ts';
import { keyColumns, lookupOf, sourceColumns, toKey, toSource } from './key-rows.ts';

/** Milliseconds between two stored uses of one key: a busy key must not mean a write per request. */
const usePrecision = 60_000;

interface DecodingFacts {
  readonly mapping: string | undefined;
  readonly events: ReadonlySet<string> | undefined;
}

export class SqliteKeys implements KeyStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #box: SecretBox;
  readonly #listeners = new Set<() => void>();
  readonly #facts: ShortMemory<DecodingFacts>;

  constructor(database: Database, clock: Clock, box: SecretBox) {
    this.#database = database;
    this.#clock = clock;
    this.#box = box;
    this.#facts = new ShortMemory(clock);
  }

  async create(key: NewKey): Promise<{ readonly key: Key; readonly secret: string }> {
    const secret = key.kind === 'api' ? randomSecret('ak', 24) : (key.value ?? randomSecret('wk'));
    const id = randomUUID();
    const row = this.#database.transaction(() => {
      this.#requireProject(key.project);
      if (key.kind === 'write') this.#requireFree(secret);
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
      if (key.kind === 'write') {
        this.#database.run('UPDATE keys SET door = ? WHERE id = ?', key.door ?? 'tracker', id);
        // links in e-mails are signed by us, so it is not for anybody to choose
        this.#change(id, key.door === 'email' ? { ...key, secret: randomSecret('es', 32) } : key);
      }
      return this.#database.get(`SELECT ${keyColumns} FROM keys WHERE id = ?`, id);
    });
    this.changed();
    return { key: toKey(row), secret };
  }

  async list(project: string): Promise<Key[]> {
    return this.#database
      .all(
        `SELECT ${keyColumns} FROM keys WHERE project = ? AND revoked_at IS NULL ORDER BY created_at, rowid`,
        project,
      )
      .map(toKey);
  }

  async sources(project: string): Promise<Source[]> {
    return this.#database
      .all(
        `SELECT ${sourceColumns} FROM keys WHERE project = ? AND kind = 'write' AND revoked_at IS NULL
         ORDER BY created_at, rowid`,
        this.#clock.now(),
        project,
      )
      .map(toSource);
  }

  async source(project: string, id: string): Promise<Source> {
    return this.#requireSource(project, id);
  }

  async update(project: string, id: string, changes: SourceChanges): Promise<Source> {
    const source = this.#database.transaction(() => {
      this.#requireSource(project, id);
      this.#change(id, changes);
      return this.#requireSource(project, id);
    });
    this.changed();
    return source;
  }

  async rotate(
    project: string,
    id: string,
    {
      keepFor,
      value = randomSecret('wk'),
    }: { readonly keepFor: number; readonly value?: string | undefined },
  ): Promise<Source> {
    const source = this.#database.transaction(() => {
      const { key: old } = this.#requireSource(project, id);
      this.#requireFree(value, id);
      // going back to a value that is still valid
      this.#database.run('DELETE FROM previous_values WHERE value = ?', value);
      this.#database.run('UPDATE keys SET lookup = ?, shown = ? WHERE id = ?', value, value, id);
      if (keepFor > 0 && old !== value) {
        this.#database.run(
          'INSERT INTO previous_values (value, key_id, valid_until) VALUES (?, ?, ?)',
          old,
          id,
          this.#clock.now() + keepFor,
        );
      }
      return this.#requireSource(project, id);
    });
    this.changed();
    return source;
  }

  async use(kind: 'write' | 'api', value: string): Promise<Key | undefined> {
    const row = this.#find(kind, value, keyColumns);
    return row && this.#used(toKey(row));
  }

  async sender(value: string): Promise<SendingKey | undefined> {
    const row = this.#find('write', value, `${keyColumns}, door, origins, requests_per_second, secret`);
    if (!row) return undefined;
    const { id, project } = this.#used(toKey(row));
    const origins = JSON.parse(String(row.origins)) as string[];
    return {
      id,
      project,
      door: String(row.door),
      secret: typeof row.secret === 'string' ? this.#box.open(row.secret, id) : undefined,
      origins: origins.length > 0 ? origins : undefined,
      requestsPerSecond: typeof row.requests_per_second === 'number' ? row.requests_per_second : undefined,
    };
  }

  async secret(project: string, id: string): Promise<string | undefined> {
    this.#requireSource(project, id);
    const sealed = this.#database.get('SELECT secret FROM keys WHERE id = ?', id)?.secret;
    return typeof sealed === 'string' ? this.#box.open(sealed, id) : undefined;
  }

  async mapping(id: string): Promise<string | undefined> {
    return (await this.#decodingFacts(id)).mapping;
  }

  async allowedEvents(id: string): Promise<ReadonlySet<string> | undefined> {
    return (await this.#decodingFacts(id)).events;
  }

  async revoke(project: string, kind: 'write' | 'api', id: string): Promise<void> {
    this.#database.transaction(() => {
      const gone =
        kind === 'api'
          ? this.#database.run("DELETE FROM keys WHERE project = ? AND id = ? AND kind = 'api'", project, id)
          : this.#bury(project, id);
      if (gone === 0) {
        const what = kind === 'api' ? 'API key' : 'source';
        throw new TributaryError('not-found', `there is no ${what} "${id}" in this project`);
      }
      this.#database.run('DELETE FROM previous_values WHERE key_id = ?', id);
    });
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

  /** Tells the listeners that keys were added, changed or removed. */
  changed(): void {
    this.#facts.clear();
    for (const listener of this.#listeners) listener();
  }

  #change(id: string, { name, origins, events, requestsPerSecond, secret, mapping }: SourceChanges): void {
    const changes: Record<string, string | number | null | undefined> = {
      name,
      origins: origins && JSON.stringify(origins),
      events: events && JSON.stringify(events),
      requests_per_second: requestsPerSecond,
      secret: typeof secret === 'string' ? this.#box.seal(secret, id) : secret,
      mapping,
    };
    for (const [column, value] of Object.entries(changes)) {
      if (value === undefined) continue;
      this.#database.run(`UPDATE keys SET ${column} = ? WHERE id = ?`, value, id);
    }
  }

  /** No key contains a space: the value that stays is nobody's, so the old one is free again. */
  #bury(project: string, id: string): number {
    return this.#database.run(
      `UPDATE keys SET revoked_at = ?, lookup = 'revoked ' || id, shown = '', secret = NULL
       WHERE project = ? AND id = ? AND kind = 'write' AND revoked_at IS NULL`,
      this.#clock.now(),
      project,
      id,
    );
  }

  #used(key: Key): Key {
    const now = this.#clock.now();
    if (now - (key.lastUsedAt ?? 0) < usePrecision) return key;
    this.#database.relaxed(() =>
      this.#database.run('UPDATE keys SET last_used_at = ? WHERE id = ?', now, key.id),
    );
    return { ...key, lastUsedAt: now };
  }

  #decodingFacts(id: string): Promise<DecodingFacts> {
    return this.#facts.get(id, async () => {
      const row = this.#database.get('SELECT mapping, events FROM keys WHERE id = ?', id);
      const events = JSON.parse(String(row?.events ?? '[]')) as string[];
      return {
        mapping: typeof row?.mapping === 'string' ? row.mapping : undefined,
        events: events.length > 0 ? new Set(events) : undefined,
      };
    });
  }

  #find(kind: 'write' | 'api', value: string, columns: string): Row | undefined {
    const lookup = lookupOf(kind, value);
    const current = this.#database.get(
      `SELECT ${columns} FROM keys WHERE kind = ? AND lookup = ? AND revoked_at IS NULL`,
      kind,
      lookup,
    );
    if (current || kind === 'api') return current;
    return this.#database.get(
      `SELECT ${columns} FROM keys
       WHERE id = (SELECT key_id FROM previous_values WHERE value = ? AND valid_until > ?)`,
      lookup,
      this.#clock.now(),
    );
  }

  #requireSource(project: string, id: string): Source {
    const row = this.#database.get(
      `SELECT ${sourceColumns} FROM keys WHERE project = ? AND id = ? AND kind = 'write' AND revoked_at IS NULL`,
      this.#clock.now(),
      project,
      id,
    );
    if (!row) throw new TributaryError('not-found', `there is no source "${id}" in this project`);
    return toSource(row);
  }

  /** `owner`: the key that may have the value already, from before. */
  #requireFree(value: string, owner?: string): void {
    this.#database.run('DELETE FROM previous_values WHERE valid_until <= ?', this.#clock.now());
    const taken =
      this.#database.get("SELECT 1 FROM keys WHERE kind = 'write' AND lookup = ?", value) ??
      this.#database.get(
        'SELECT 1 FROM previous_values WHERE value = ? AND key_id IS NOT ?',
        value,
        owner ?? null,
      );
    if (taken)
      throw new TributaryError('conflict', `the key "${value}" is in use already, by another source`);
  }

  #requireProject(id: string): void {
    if (!this.#database.get('SELECT 1 FROM projects WHERE id = ? AND deleted_at IS NULL', id)) {
      throw new TributaryError('not-found', `there is no project "${id}"`);
    }
  }
}
