import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { fakeClock } from '../../runtime/clock.ts';
import { cachedState } from './cached.ts';
import { openSqliteState } from './sqlite.ts';
import { stateConformance } from './state.conformance.ts';

function place() {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-state-'));
  return { file: join(folder, 'new', 'state.db'), remove: async () => rmSync(folder, { recursive: true }) };
}

stateConformance('SQLite', () => {
  const { file, remove } = place();
  return { open: async () => openSqliteState(file), remove };
});

stateConformance('SQLite with recent values in memory', () => {
  const { file, remove } = place();
  return { open: async () => cachedState(openSqliteState(file), 100), remove };
});

test('every commit is on disk when it returns', async () => {
  const { file, remove } = place();
  const store = openSqliteState(file);
  await store.commit(7, new Map([['u:x', '1']]));
  const other = new DatabaseSync(file);
  expect(other.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  expect(other.prepare('SELECT next FROM checkpoint').get()).toEqual({ next: 7 });
  expect(other.prepare('SELECT value FROM kv').get()).toEqual({ value: '1' });
  other.close();
  await store.close();
  await remove();
});

test('visitors of whom nothing was heard for 90 days are forgotten, users and accounts never', async () => {
  const { file, remove } = place();
  const clock = fakeClock(Date.UTC(2026, 0, 1));
  const store = openSqliteState(file, clock);
  await store.commit(
    2,
    new Map([
      ['a:old', '1'],
      ['a:seen', '1'],
      ['u:old', '1'],
      ['g:old', '1'],
    ]),
  );
  clock.advance(60 * 86_400_000);
  await store.commit(3, new Map([['a:seen', '2']]));
  clock.advance(31 * 86_400_000);
  await store.commit(4, new Map());
  expect(await store.fetch(['a:old', 'a:seen', 'u:old', 'g:old'])).toEqual([undefined, '2', '1', '1']);
  await store.close();
  await remove();
});
