import { type Project, projectSchema } from '../../contract/endpoints.ts';
import type { Clock } from '../../runtime/clock.ts';
import { TributaryError } from '../../runtime/errors.ts';
import { slugOf } from '../slug.ts';
import type { NewProject, ProjectStore } from '../store.ts';
import type { Database, Row } from './database.ts';
import type { SqliteKeys } from './keys.ts';

const columns = 'id, name, timezone, demo, created_at AS createdAt';

export class SqliteProjects implements ProjectStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #keys: SqliteKeys;

  constructor(database: Database, clock: Clock, keys: SqliteKeys) {
    this.#database = database;
    this.#clock = clock;
    this.#keys = keys;
  }

  async create({ id, name, timezone, demo = false }: NewProject): Promise<Project> {
    return this.#database.transaction(() => {
      const free = id === undefined ? this.#freeId(slugOf(name)) : this.#taken(id) ? undefined : id;
      if (free === undefined) throw new TributaryError('conflict', `the project id "${id}" is or was in use`);
      this.#database.run(
        'INSERT INTO projects (id, name, timezone, demo, created_at) VALUES (?, ?, ?, ?, ?)',
        free,
        name,
        timezone,
        Number(demo),
        this.#clock.now(),
      );
      return this.#require(free);
    });
  }

  async list(): Promise<Project[]> {
    return this.#database
      .all(`SELECT ${columns} FROM projects WHERE deleted_at IS NULL ORDER BY created_at, rowid`)
      .map(toProject);
  }

  async get(id: string): Promise<Project | undefined> {
    return this.#find(id);
  }

  async update(
    id: string,
    changes: { readonly name?: string; readonly timezone?: string },
  ): Promise<Project> {
    return this.#database.transaction(() => {
      const before = this.#require(id);
      const { name, timezone } = { ...before, ...changes };
      this.#database.run('UPDATE projects SET name = ?, timezone = ? WHERE id = ?', name, timezone, id);
      return { ...before, name, timezone };
    });
  }

  async delete(id: string): Promise<void> {
    this.#database.transaction(() => {
      this.#require(id);
      this.#database.run('DELETE FROM keys WHERE project = ?', id);
      this.#database.run('UPDATE projects SET deleted_at = ? WHERE id = ?', this.#clock.now(), id);
    });
    this.#keys.changed();
  }

  #find(id: string): Project | undefined {
    const row = this.#database.get(`SELECT ${columns} FROM projects WHERE id = ? AND deleted_at IS NULL`, id);
    return row && toProject(row);
  }

  #require(id: string): Project {
    const project = this.#find(id);
    if (!project) throw new TributaryError('not-found', `there is no project "${id}"`);
    return project;
  }

  #taken(id: string): boolean {
    return this.#database.get('SELECT 1 FROM projects WHERE id = ?', id) !== undefined;
  }

  #freeId(slug: string): string {
    for (let attempt = 1; ; attempt++) {
      const candidate = attempt === 1 ? slug : `${slug}-${attempt}`;
      if (!this.#taken(candidate)) return candidate;
    }
  }
}

function toProject(row: Row): Project {
  return projectSchema.parse({ ...row, demo: row.demo === 1 });
}
