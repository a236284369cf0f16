import { DatabaseSync } from 'node:sqlite';
import { settingsKey } from '../memory.ts';
import { planKey } from '../plans.ts';

/**
 * Puts what one state file knows of a project's visitors, persons and accounts in place of what another knows, in one transaction. What holds for
 * the project as a whole (its settings, its plan) stays, and so does the checkpoint. No process may have the file open that answers from memory.
 */
export function takeOverState(file: string, from: string, project: string): void {
  const db = opened(file);
  try {
    db.prepare('ATTACH ? AS other').run(from);
    db.exec('BEGIN IMMEDIATE');
    db.prepare('DELETE FROM main.kv WHERE is_of(CAST(key AS BLOB), ?)').run(project);
    db.prepare('INSERT INTO main.kv SELECT * FROM other.kv WHERE is_of(CAST(key AS BLOB), ?)').run(project);
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}

/** What holds for a project as a whole. */
export function stateOfProject(file: string, project: string): Map<string, string> {
  const db = opened(file);
  try {
    const rows = db.prepare('SELECT key, value FROM kv WHERE key IN (?, ?)').all(...wholeKeys(project)) as {
      key: string;
      value: string;
    }[];
    return new Map(rows.map(({ key, value }) => [key, value]));
  } finally {
    db.close();
  }
}

const wholeKeys = (project: string): [string, string] => [settingsKey(project), planKey(project)];

function opened(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 10_000 });
  db.function('is_of', { deterministic: true }, (key, project) =>
    isOf(Buffer.from(key as Uint8Array).toString(), String(project)) ? 1 : 0,
  );
  return db;
}

/** Keys are `<kind>:<project>\0<id>`, or `m:<kind>:<project>\0<id>` for the ids of a person. */
function isOf(key: string, project: string): boolean {
  const end = key.indexOf('\0');
  return (
    end > 0 &&
    /^(?:m:)?[a-z]+:/.exec(key)?.[0].length === end - project.length &&
    key.startsWith(project, end - project.length)
  );
}
