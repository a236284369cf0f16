import type { SettingStore } from '../store.ts';
import type { Database } from './database.ts';

export class SqliteSettings implements SettingStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(key: string): Promise<string | undefined> {
    const value = this.#database.get('SELECT value FROM settings WHERE key = ?', key)?.value;
    return typeof value === 'string' ? value : undefined;
  }

  async set(key: string, value: string): Promise<void> {
    this.#database.run('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)', key, value);
  }
}
