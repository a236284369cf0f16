import { describe, expect, test } from 'vitest';
import type { StateStore } from './state.ts';

interface Place {
  open(): Promise<StateStore>;
  remove(): Promise<void>;
}
type WithStore = (task: (open: () => Promise<StateStore>) => Promise<void>) => Promise<void>;

/** What every state store must do. `open` opens the same store again and again; each test gets a new one. */
export function stateConformance(name: string, create: () => Place): void {
  const withStore: WithStore = async (task) => {
    const place = create();
    try {
      await task(() => place.open());
    } finally {
      await place.remove();
    }
  };
  describe(`${name} as a state store`, () => {
    survivesRestarts(withStore);
    storesChanges(withStore);
  });
}

function survivesRestarts(withStore: WithStore): void {
  test('a new store begins at offset 1, without an intent and without values', () =>
    withStore(async (open) => {
      const store = await open();
      expect(await store.checkpoint()).toEqual({ next: 1, intentTo: undefined });
      expect(await store.fetch(['a:x', 'u:y'])).toEqual([undefined, undefined]);
      expect(await store.fetch([])).toEqual([]);
      await store.close();
    }));

  test('a commit stores values and checkpoint and clears the intent, also for the next process', () =>
    withStore(async (open) => {
      const store = await open();
      await store.intend(50);
      expect(await store.checkpoint()).toEqual({ next: 1, intentTo: 50 });
      await store.commit(
        50,
        new Map([
          ['a:x', '1'],
          ['u:ü\0☃', '{"two":"2"}'],
        ]),
      );
      await store.close();
      const again = await open();
      expect(await again.checkpoint()).toEqual({ next: 50, intentTo: undefined });
      expect(await again.fetch(['u:ü\0☃', 'a:none', 'a:x'])).toEqual(['{"two":"2"}', undefined, '1']);
      await again.close();
    }));

  test('an intent survives the process that wrote it, and a later one replaces it', () =>
    withStore(async (open) => {
      const store = await open();
      await store.intend(10);
      await store.intend(20);
      await store.close();
      const again = await open();
      expect(await again.checkpoint()).toEqual({ next: 1, intentTo: 20 });
      await again.close();
    }));
}

function storesChanges(withStore: WithStore): void {
  test('undefined deletes, and other values replace', () =>
    withStore(async (open) => {
      const store = await open();
      await store.commit(
        2,
        new Map([
          ['a:x', '1'],
          ['a:y', '1'],
        ]),
      );
      await store.commit(
        3,
        new Map([
          ['a:x', undefined],
          ['a:y', '2'],
          ['a:never', undefined],
        ]),
      );
      expect(await store.fetch(['a:x', 'a:y', 'a:never'])).toEqual([undefined, '2', undefined]);
      await store.commit(4, new Map([['a:x', '3']]));
      expect(await store.fetch(['a:x'])).toEqual(['3']);
      await store.close();
    }));

  test('a commit that fails leaves values and checkpoint as they were', () =>
    withStore(async (open) => {
      const store = await open();
      await store.commit(5, new Map([['a:x', 'kept']]));
      await store.intend(9);
      const broken = new Map<string, string | undefined>([
        ['a:x', 'lost'],
        ['a:y', Symbol('not text') as unknown as string],
      ]);
      await expect(store.commit(9, broken)).rejects.toThrow();
      expect(await store.fetch(['a:x', 'a:y'])).toEqual(['kept', undefined]);
      expect(await store.checkpoint()).toEqual({ next: 5, intentTo: 9 });
      await store.commit(9, new Map([['a:x', 'new']]));
      expect(await store.fetch(['a:x'])).toEqual(['new']);
      await store.close();
    }));

  test('ten thousand keys in one call keep their order', () =>
    withStore(async (open) => {
      const store = await open();
      const keys = Array.from({ length: 10_000 }, (_, i) => `a:${(i * 7_919) % 10_000}`);
      await store.commit(2, new Map(keys.map((key) => [key, `value of ${key}`])));
      expect(await store.fetch(keys)).toEqual(keys.map((key) => `value of ${key}`));
      await store.close();
    }));
}
