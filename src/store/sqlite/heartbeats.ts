import type { Clock } from '../../runtime/clock.ts';
import type { Heartbeat, HeartbeatStore } from '../store.ts';
import type { Database } from './database.ts';

/** Processes silent for a day are forgotten. */
const memory = 86_400_000;

export class SqliteHeartbeats implements HeartbeatStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async beat(role: string, instance: string, detail: unknown): Promise<void> {
    const now = this.#clock.now();
    this.#database.relaxed(() => {
      this.#database.run('DELETE FROM heartbeats WHERE at < ?', now - memory);
      this.#database.run(
        'INSERT OR REPLACE INTO heartbeats (role, instance, at, detail) VALUES (?, ?, ?, ?)',
        role,
        instance,
        now,
        JSON.stringify(detail ?? null),
      );
    });
  }

  async list(since: number): Promise<Heartbeat[]> {
    return this.#database
      .all(
        'SELECT role, instance, at, detail FROM heartbeats WHERE at >= ? ORDER BY at DESC, role, instance',
        since,
      )
      .map((row) => ({
        role: String(row.role),
        instance: String(row.instance),
        at: Number(row.at),
        detail: JSON.parse(String(row.detail)) as unknown,
      }));
  }
}
