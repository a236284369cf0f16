import type { ErasureReport, Rearrival } from '../../contract/privacy-endpoints.ts';
import type { ErasedId, PrivacyKey, PrivacyStore, StoredErasure } from '../privacy.ts';
import type { SecretBox } from '../secret-box.ts';
import type { Database, Row } from './database.ts';

export class SqlitePrivacy implements PrivacyStore {
  readonly #database: Database;
  readonly #box: SecretBox;

  constructor(database: Database, box: SecretBox) {
    this.#database = database;
    this.#box = box;
  }

  async keys(project: string, purpose: 'pseudonym' | 'erasure'): Promise<PrivacyKey[]> {
    return this.#database
      .all('SELECT * FROM privacy_keys WHERE project = ? AND purpose = ? ORDER BY id', project, purpose)
      .map((row) => ({
        id: Number(row.id),
        secret: this.#box.open(String(row.secret), ownerOf(project, purpose, Number(row.id))),
        createdAt: Number(row.created_at),
      }));
  }

  async addKey(project: string, purpose: 'pseudonym' | 'erasure', key: PrivacyKey): Promise<PrivacyKey[]> {
    this.#database.run(
      'INSERT OR IGNORE INTO privacy_keys VALUES (?, ?, ?, ?, ?)',
      project,
      purpose,
      key.id,
      this.#box.seal(key.secret, ownerOf(project, purpose, key.id)),
      key.createdAt,
    );
    return this.keys(project, purpose);
  }

  async addErasure({
    id,
    project,
    createdAt,
    by,
    rearrival,
    target,
    report,
  }: Omit<StoredErasure, 'finishedAt'>): Promise<void> {
    this.#database.run(
      'INSERT INTO erasures VALUES (?, ?, ?, NULL, ?, ?, ?, ?)',
      id,
      project,
      createdAt,
      by,
      rearrival,
      target === undefined ? null : this.#box.seal(target, id),
      JSON.stringify(report),
    );
  }

  async erasure(id: string): Promise<StoredErasure | undefined> {
    const row = this.#database.get('SELECT * FROM erasures WHERE id = ?', id);
    return row && this.#erasureOf(row);
  }

  async erasures(project: string): Promise<StoredErasure[]> {
    return this.#database
      .all('SELECT * FROM erasures WHERE project = ? ORDER BY created_at DESC, id LIMIT 100', project)
      .map((row) => this.#erasureOf(row));
  }

  async unfinished(): Promise<StoredErasure[]> {
    return this.#database
      .all('SELECT * FROM erasures WHERE finished_at IS NULL ORDER BY created_at, id')
      .map((row) => this.#erasureOf(row));
  }

  async report(id: string, report: ErasureReport): Promise<void> {
    this.#database.run('UPDATE erasures SET report = ? WHERE id = ?', JSON.stringify(report), id);
  }

  async target(id: string, target: string): Promise<void> {
    this.#database.run('UPDATE erasures SET target = ? WHERE id = ?', this.#box.seal(target, id), id);
  }

  async finish(id: string, report: ErasureReport, now: number): Promise<void> {
    this.#database.run(
      'UPDATE erasures SET report = ?, finished_at = ?, target = NULL WHERE id = ?',
      JSON.stringify(report),
      now,
      id,
    );
  }

  async addErased(project: string, erasure: string, ids: readonly ErasedId[]): Promise<void> {
    this.#database.transaction(() => {
      for (const { hash, from, to } of ids)
        this.#database.run(
          'INSERT OR IGNORE INTO erased VALUES (?, ?, ?, ?, ?)',
          project,
          hash,
          erasure,
          from,
          to,
        );
    });
  }

  async erased(project: string): Promise<ErasedId[]> {
    return this.#database
      .all('SELECT hash, from_offset, to_offset FROM erased WHERE project = ?', project)
      .map((row) => ({
        hash: String(row.hash),
        from: Number(row.from_offset),
        to: row.to_offset === null ? null : Number(row.to_offset),
      }));
  }

  #erasureOf(row: Row): StoredErasure {
    const id = String(row.id);
    return {
      id,
      project: String(row.project),
      createdAt: Number(row.created_at),
      finishedAt: row.finished_at === null ? null : Number(row.finished_at),
      by: String(row.by),
      rearrival: String(row.rearrival) as Rearrival,
      target: typeof row.target === 'string' ? this.#box.open(row.target, id) : undefined,
      report: JSON.parse(String(row.report)) as ErasureReport,
    };
  }
}

function ownerOf(project: string, purpose: string, id: number): string {
  return `${purpose} ${project} ${id}`;
}
