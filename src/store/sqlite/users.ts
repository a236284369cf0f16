import { randomUUID } from 'node:crypto';
import { type Role, type User, userSchema } from '../../contract/endpoints.ts';
import type { Clock } from '../../runtime/clock.ts';
import { TributaryError } from '../../runtime/errors.ts';
import { hashPassword, verifyPassword } from '../password.ts';
import type { NewUser, UserStore } from '../store.ts';
import type { Database, Row } from './database.ts';

export const userColumns =
  'users.id, email, name, role, users.created_at AS createdAt, last_sign_in_at AS lastSignInAt';

export class SqliteUsers implements UserStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async create({ email, name, role, password }: NewUser): Promise<User> {
    const hash = password === undefined ? null : await hashPassword(password);
    const id = randomUUID();
    const address = normalized(email);
    return this.#database.transaction(() => {
      if (this.#database.get('SELECT 1 FROM users WHERE email = ?', address)) {
        throw new TributaryError('conflict', `there is a user with the e-mail ${address} already`);
      }
      this.#database.run(
        'INSERT INTO users (id, email, name, role, password, created_at) VALUES (?, ?, ?, ?, ?, ?)',
        id,
        address,
        name,
        role,
        hash,
        this.#clock.now(),
      );
      return this.#require(id);
    });
  }

  async list(): Promise<User[]> {
    return this.#database.all(`SELECT ${userColumns} FROM users ORDER BY created_at, rowid`).map(toUser);
  }

  async get(id: string): Promise<User | undefined> {
    return this.#find(id);
  }

  async update(id: string, changes: { readonly name?: string; readonly role?: Role }): Promise<User> {
    return this.#database.transaction(() => {
      const before = this.#require(id);
      const { name, role } = { ...before, ...changes };
      if (role !== 'admin') this.#refuseLastAdmin(before, 'demoted');
      this.#database.run('UPDATE users SET name = ?, role = ? WHERE id = ?', name, role, id);
      return { ...before, name, role };
    });
  }

  async delete(id: string): Promise<void> {
    this.#database.transaction(() => {
      this.#refuseLastAdmin(this.#require(id), 'deleted');
      this.#database.run('DELETE FROM users WHERE id = ?', id);
    });
  }

  async setPassword(id: string, password: string): Promise<void> {
    this.#require(id);
    const hash = await hashPassword(password);
    this.#database.run('UPDATE users SET password = ? WHERE id = ?', hash, id);
  }

  async checkPassword(email: string, password: string): Promise<User | undefined> {
    const row = this.#database.get(
      `SELECT ${userColumns}, password FROM users WHERE email = ?`,
      normalized(email),
    );
    const hash = row?.password;
    const right = await verifyPassword(password, typeof hash === 'string' ? hash : undefined);
    return row && right ? toUser(row) : undefined;
  }

  #refuseLastAdmin(user: User, done: string): void {
    if (user.role !== 'admin') return;
    const others = this.#database.get("SELECT 1 FROM users WHERE role = 'admin' AND id <> ?", user.id);
    if (!others) {
      throw new TributaryError(
        'conflict',
        `${user.email} is the last administrator and cannot be ${done}; make somebody else administrator first`,
      );
    }
  }

  #find(id: string): User | undefined {
    const row = this.#database.get(`SELECT ${userColumns} FROM users WHERE id = ?`, id);
    return row && toUser(row);
  }

  #require(id: string): User {
    const user = this.#find(id);
    if (!user) throw new TributaryError('not-found', `there is no user "${id}"`);
    return user;
  }
}

export function toUser(row: Row): User {
  return userSchema.parse(row);
}

function normalized(email: string): string {
  return email.trim().normalize('NFC').toLowerCase();
}
