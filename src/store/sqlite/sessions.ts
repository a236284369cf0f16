import type { Clock } from '../../runtime/clock.ts';
import { TributaryError } from '../../runtime/errors.ts';
import { randomSecret, sha256 } from '../../runtime/ids.ts';
import { sessionLifetime } from '../lifetimes.ts';
import type { Session, SessionStore } from '../store.ts';
import type { Database } from './database.ts';
import { toUser, userColumns } from './users.ts';

/** The expiry moves at most this often, so that reading does not mean writing. */
const renewalStep = 3_600_000;

export class SqliteSessions implements SessionStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async create(user: string): Promise<{ readonly token: string; readonly session: Session }> {
    const token = randomSecret('ss', 32);
    const id = sha256(token);
    const now = this.#clock.now();
    const expiresAt = now + sessionLifetime;
    const row = this.#database.transaction(() => {
      this.#database.run('DELETE FROM sessions WHERE expires_at <= ?', now);
      this.#database.run('UPDATE users SET last_sign_in_at = ? WHERE id = ?', now, user);
      const found = this.#database.get(`SELECT ${userColumns} FROM users WHERE id = ?`, user);
      if (!found) throw new TributaryError('not-found', `there is no user "${user}"`);
      this.#database.run(
        'INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)',
        id,
        user,
        now,
        expiresAt,
      );
      return found;
    });
    return { token, session: { id, user: toUser(row), expiresAt, renewed: false } };
  }

  async use(token: string): Promise<Session | undefined> {
    const id = sha256(token);
    const now = this.#clock.now();
    const row = this.#database.get(
      `SELECT ${userColumns}, expires_at FROM sessions JOIN users ON users.id = user_id WHERE sessions.id = ? AND expires_at > ?`,
      id,
      now,
    );
    if (!row) return undefined;
    const user = toUser(row);
    const until = Number(row.expires_at);
    const expiresAt = now + sessionLifetime;
    if (expiresAt - until < renewalStep) return { id, user, expiresAt: until, renewed: false };
    this.#database.run('UPDATE sessions SET expires_at = ? WHERE id = ?', expiresAt, id);
    return { id, user, expiresAt, renewed: true };
  }

  async end(id: string): Promise<void> {
    this.#database.run('DELETE FROM sessions WHERE id = ?', id);
  }

  async endAll(user: string, except = ''): Promise<void> {
    this.#database.run('DELETE FROM sessions WHERE user_id = ? AND id <> ?', user, except);
  }
}
