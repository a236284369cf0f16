import type { QuarantineFix } from '../../contract/quarantine-endpoints.ts';
import { TributaryError } from '../../runtime/errors.ts';
import type { ReplayProgress, ReplayStore, StoredReplay } from '../replays.ts';
import type { Database, Row } from './database.ts';

/** Fixes that one project keeps; the oldest goes. */
const maxFixes = 500;

export class SqliteReplays implements ReplayStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async fixes(project: string): Promise<QuarantineFix[]> {
    return this.#database
      .all('SELECT * FROM quarantine_fixes WHERE project = ? ORDER BY made_at DESC, id DESC', project)
      .map(fixOf);
  }

  async keepFix({ id, project, name, transform, causes, by, at }: QuarantineFix): Promise<void> {
    this.#database.transaction(() => {
      const known = this.#database.get(
        'SELECT * FROM quarantine_fixes WHERE project = ? AND name = ?',
        project,
        name,
      );
      const all = [...new Set([...(known ? fixOf(known).causes : []), ...causes])].slice(-1_000);
      if (known) this.#database.run('DELETE FROM quarantine_fixes WHERE id = ?', String(known.id));
      this.#database.run(
        'INSERT INTO quarantine_fixes (id, project, name, transform, causes, made_by, made_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        id,
        project,
        name,
        transform,
        JSON.stringify(all),
        by,
        at,
      );
      this.#database.run(
        `DELETE FROM quarantine_fixes WHERE id IN (
           SELECT id FROM quarantine_fixes WHERE project = ? ORDER BY made_at DESC LIMIT -1 OFFSET ?)`,
        project,
        maxFixes,
      );
    });
  }

  async deleteFix(project: string, id: string): Promise<void> {
    const gone = this.#database.run('DELETE FROM quarantine_fixes WHERE project = ? AND id = ?', project, id);
    if (gone === 0) throw new TributaryError('not-found', `there is no fix "${id}"`);
  }

  async start(replay: StoredReplay): Promise<void> {
    this.#database.transaction(() => {
      const others = this.#database
        .all(`SELECT * FROM quarantine_replays WHERE project = ? AND state = 'running'`, replay.project)
        .map(replayOf);
      const wanted = new Set(replay.selection.causes);
      if (others.some(({ selection }) => selection.causes.some((cause) => wanted.has(cause))))
        throw new TributaryError(
          'conflict',
          'a replay of these items is running; wait for its end, or stop it',
        );
      const { id, project, state, startedAt } = replay;
      this.#database.run(
        'INSERT INTO quarantine_replays (id, project, state, started_at, detail) VALUES (?, ?, ?, ?, ?)',
        id,
        project,
        state,
        startedAt,
        JSON.stringify(replay),
      );
    });
  }

  async list(project: string, limit: number): Promise<StoredReplay[]> {
    return this.#database
      .all(
        'SELECT * FROM quarantine_replays WHERE project = ? ORDER BY started_at DESC, id DESC LIMIT ?',
        project,
        limit,
      )
      .map(replayOf);
  }

  async get(project: string, id: string): Promise<StoredReplay> {
    const row = this.#database.get(
      'SELECT * FROM quarantine_replays WHERE project = ? AND id = ?',
      project,
      id,
    );
    if (!row) throw new TributaryError('not-found', `there is no replay "${id}"`);
    return replayOf(row);
  }

  async running(): Promise<StoredReplay[]> {
    return this.#database
      .all(`SELECT * FROM quarantine_replays WHERE state = 'running' ORDER BY started_at, id`)
      .map(replayOf);
  }

  async progress(id: string, progress: ReplayProgress): Promise<boolean> {
    return this.#database.transaction(() => {
      const row = this.#database.get(
        `SELECT * FROM quarantine_replays WHERE id = ? AND state = 'running'`,
        id,
      );
      if (row) this.#write({ ...replayOf(row), ...progress });
      return row !== undefined;
    });
  }

  async stop(project: string, id: string, at: number): Promise<StoredReplay> {
    const replay = await this.get(project, id);
    if (replay.state !== 'running') return replay;
    await this.progress(id, { ...replay, state: 'stopped', endedAt: at });
    return this.get(project, id);
  }

  #write(replay: StoredReplay): void {
    this.#database.run(
      'UPDATE quarantine_replays SET state = ?, detail = ? WHERE id = ?',
      replay.state,
      JSON.stringify(replay),
      replay.id,
    );
  }
}

function fixOf(row: Row): QuarantineFix {
  return {
    id: String(row.id),
    project: String(row.project),
    name: String(row.name),
    transform: row.transform === null ? null : String(row.transform),
    causes: JSON.parse(String(row.causes)) as string[],
    by: String(row.made_by),
    at: Number(row.made_at),
  };
}

function replayOf(row: Row): StoredReplay {
  return JSON.parse(String(row.detail)) as StoredReplay;
}
