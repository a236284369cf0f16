import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import type { SecretBox } from './secret-box.ts';
import { Database } from './sqlite/database.ts';
import { SqliteHeartbeats } from './sqlite/heartbeats.ts';
import { SqliteKeys } from './sqlite/keys.ts';
import { SqliteLinks } from './sqlite/links.ts';
import { migrate } from './sqlite/migrate.ts';
import { SqlitePrivacy } from './sqlite/privacy.ts';
import { SqliteProjects } from './sqlite/projects.ts';
import { SqliteReplays } from './sqlite/replays.ts';
import { SqliteSessions } from './sqlite/sessions.ts';
import { SqliteSettings } from './sqlite/settings.ts';
import { SqliteUsers } from './sqlite/users.ts';
import type { Store } from './store.ts';

/** The embedded store: one SQLite file in WAL mode, readable by its owner only. */
export function openSqliteStore(path: string, clock: Clock, box: SecretBox): Store {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new Database(path);
  try {
    chmodSync(path, 0o600);
    migrate(database, join(import.meta.dirname, 'migrations'));
  } catch (error) {
    database.close();
    throw error;
  }
  const keys = new SqliteKeys(database, clock, box);
  return {
    projects: new SqliteProjects(database, clock, keys),
    keys,
    users: new SqliteUsers(database, clock),
    sessions: new SqliteSessions(database, clock),
    links: new SqliteLinks(database, clock),
    heartbeats: new SqliteHeartbeats(database, clock),
    settings: new SqliteSettings(database),
    privacy: new SqlitePrivacy(database, box),
    replays: new SqliteReplays(database),
    close: async () => database.close(),
  };
}
