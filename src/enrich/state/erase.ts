import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * Removes what is remembered of the ids, and their names from what is remembered of others. Only while the pipeline stands still: it
 * holds values in memory. Answers how many values were removed. `VACUUM` then writes the file anew, so that nothing of them is left in it.
 */
export function eraseFromState(file: string, project: string, ids: ReadonlySet<string>): number {
  if (!existsSync(file)) return 0;
  const db = new DatabaseSync(file, { timeout: 30_000 });
  let removed = 0;
  try {
    db.exec('PRAGMA secure_delete = ON');
    const read = db.prepare(
      'SELECT key, value FROM kv WHERE instr(CAST(key AS BLOB), ?1) > 0 OR instr(CAST(value AS BLOB), ?1) > 0',
    );
    const write = db.prepare('UPDATE kv SET value = ? WHERE key = ?');
    const remove = db.prepare('DELETE FROM kv WHERE key = ?');
    for (const id of ids) {
      for (const spelling of new Set([id, JSON.stringify(id).slice(1, -1)])) {
        for (const row of read.all(Buffer.from(spelling))) {
          const [key, value] = [String(row.key), String(row.value)];
          if (isOf(key, project, ids)) {
            remove.run(key);
            removed++;
          } else {
            const left = without(value, project, ids);
            if (left !== value) write.run(left, key);
          }
        }
      }
    }
    db.exec('VACUUM');
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return removed;
  } finally {
    db.close();
  }
}

/** Keys are `<kind>:<project>\0<id>`, with `m:` in front for the ids of a person. */
function isOf(key: string, project: string, ids: ReadonlySet<string>): boolean {
  const start = key.indexOf(`${project}\0`);
  return start > 0 && key[start - 1] === ':' && ids.has(key.slice(start + project.length + 1));
}

/** Values are JSON, some with a mark in front. */
function without(value: string, project: string, ids: ReadonlySet<string>): string {
  const start = value.search(/[[{]/);
  if (start < 0) return value;
  try {
    const json = JSON.parse(value.slice(start)) as Json;
    return (
      value.slice(0, start) + JSON.stringify(cut(json, (text) => ids.has(text) || isOf(text, project, ids)))
    );
  } catch {
    return value;
  }
}

function cut(json: Json, isTheirs: (text: string) => boolean): Json {
  if (typeof json === 'string') return isTheirs(json) ? '' : json;
  if (typeof json !== 'object' || json === null) return json;
  if (!Array.isArray(json))
    return Object.fromEntries(Object.entries(json).map(([name, of]) => [name, cut(of, isTheirs)]));
  // in a list of ids it goes; in a record of fields its place stays
  const isList = json.every((one) => typeof one === 'string');
  return (isList ? json.filter((one) => !isTheirs(String(one))) : json).map((one) => cut(one, isTheirs));
}
