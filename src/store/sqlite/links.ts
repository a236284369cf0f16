import type { User } from '../../contract/endpoints.ts';
import type { Clock } from '../../runtime/clock.ts';
import { randomSecret, sha256 } from '../../runtime/ids.ts';
import { linkLifetime } from '../lifetimes.ts';
import type { LinkPurpose, LinkStore } from '../store.ts';
import type { Database } from './database.ts';
import { toUser, userColumns } from './users.ts';

export class SqliteLinks implements LinkStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async create(user: string, purpose: LinkPurpose): Promise<string> {
    const token = randomSecret('sl', 24);
    const now = this.#clock.now();
    this.#database.transaction(() => {
      this.#database.run('DELETE FROM links WHERE expires_at <= ?', now);
      this.#database.run(
        'INSERT INTO links (id, user_id, expires_at) VALUES (?, ?, ?)',
        sha256(token),
        user,
        now + linkLifetime[purpose],
      );
    });
    return token;
  }

  async consume(token: string): Promise<User | undefined> {
    // deleting is taking: of two callers only one gets the row
    const link = this.#database.get(
      'DELETE FROM links WHERE id = ? AND expires_at > ? RETURNING user_id',
      sha256(token),
      this.#clock.now(),
    );
    if (!link) return undefined;
    const row = this.#database.get(`SELECT ${userColumns} FROM users WHERE id = ?`, link.user_id ?? null);
    return row && toUser(row);
  }
}
