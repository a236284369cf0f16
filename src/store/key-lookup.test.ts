import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeClock } from '../runtime/clock.ts';
import { createKeyLookup, openStore, type Store } from './store.ts';

let folder: string;
let store: Store;
let clock: ReturnType<typeof fakeClock>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lookup-'));
  clock = fakeClock(Date.UTC(2026, 0, 5));
  store = openStore({ url: 'embedded', data: folder, clock });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const newProject = (name: string) => store.projects.create({ name, timezone: 'UTC' });

describe('the key lookup', () => {
  test('sees changes made here at once', async () => {
    const lookup = createKeyLookup(store, clock);
    await newProject('One');
    expect(await lookup.keyOf('my-own-key')).toBeUndefined();
    const { key } = await store.keys.create({
      project: 'one',
      kind: 'write',
      name: '',
      value: 'my-own-key',
    });
    expect(await lookup.keyOf('my-own-key')).toMatchObject({ project: 'one' });
    await store.keys.revoke('one', 'write', key.id);
    expect(await lookup.keyOf('my-own-key')).toBeUndefined();
  });

  test('answers from memory for two seconds, then asks again', async () => {
    await newProject('One');
    const { secret } = await store.keys.create({ project: 'one', kind: 'write', name: '' });
    let asked = 0;
    const sender: Store['keys']['sender'] = (value) => {
      asked++;
      return store.keys.sender(value);
    };
    const lookup = createKeyLookup(
      { projects: store.projects, keys: { onChange: () => () => {}, sender } },
      clock,
    );
    await Promise.all([1, 2, 3].map(() => lookup.keyOf(secret)));
    clock.advance(1_999);
    await lookup.keyOf(secret);
    expect(asked).toBe(1);
    clock.advance(1);
    await store.keys.revokeAll('one');
    expect(await lookup.keyOf(secret)).toBeUndefined();
    expect(asked).toBe(2);
  });

  test('keeps a good key good while the store fails', async () => {
    await newProject('One');
    const { secret } = await store.keys.create({ project: 'one', kind: 'write', name: '' });
    let broken = false;
    const sender: Store['keys']['sender'] = (value) =>
      broken ? Promise.reject(new Error('disk on fire')) : store.keys.sender(value);
    const lookup = createKeyLookup(
      { projects: store.projects, keys: { onChange: () => () => {}, sender } },
      clock,
    );
    await lookup.keyOf(secret);
    broken = true;
    clock.advance(60_000);
    expect(await lookup.keyOf(secret)).toMatchObject({ project: 'one' });
    await expect(lookup.keyOf('never-seen')).rejects.toThrow('disk on fire');
    broken = false;
    expect(await lookup.keyOf('never-seen')).toBeUndefined();
  });

  test('takes the oldest real project as the default', async () => {
    const lookup = createKeyLookup(store, clock);
    expect(await lookup.defaultKey()).toBeUndefined();
    await store.projects.create({ id: 'demo', name: '', timezone: 'UTC', demo: true });
    clock.advance(2_000);
    await newProject('One');
    clock.advance(2_000);
    await newProject('Two');
    expect(await lookup.defaultKey()).toMatchObject({ project: 'one' });
  });
});
