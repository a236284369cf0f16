import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openState } from '../enrich/enrich.ts';
import { PipelineGate } from './pipeline-gate.ts';

const never = new AbortController().signal;
let folder: string;
let gate: PipelineGate;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gate-'));
  const at = (name: string): string => join(folder, name);
  gate = new PipelineGate({
    pipelineLock: at('pipeline.lock.db'),
    pipelinePause: at('pipeline.pause'),
    state: at('state.db'),
  });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const wishes = (): string[] => readdirSync(folder).filter((name) => name.startsWith('pipeline.pause'));

test('two wait for the pipeline to stand still: it stands still until both have ended, and neither harms the other', async () => {
  const pipeline = await gate.enter(never, () => {});
  const order: string[] = [];
  const wait = async (name: string): Promise<void> => {
    const goOn = await gate.pause(never);
    order.push(name);
    await goOn();
  };
  const both = Promise.all([wait('swap'), wait('erasure')]);
  expect(wishes()).toHaveLength(2);
  pipeline?.[Symbol.dispose]();
  const again = gate
    .enter(never, () => {})
    .then((lock) => {
      order.push('pipeline');
      return lock;
    });
  await both;
  (await again)?.[Symbol.dispose]();
  expect(order.toSorted()).toEqual(['erasure', 'pipeline', 'swap']);
  expect(order.at(-1)).toBe('pipeline');
  expect(wishes()).toEqual([]);
});

test('a wish whose file is taken away is said again', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const goOn = await gate.pause(never);
  for (const wish of wishes()) rmSync(join(folder, wish));
  expect(gate.isPauseWanted()).toBe(false);
  vi.advanceTimersByTime(2_000);
  expect(gate.isPauseWanted()).toBe(true);
  await goOn();
  expect(gate.isPauseWanted()).toBe(false);
});

test('a pipeline that died within a range does that range before it stands still', async () => {
  const state = openState(join(folder, 'state.db'));
  await state.commit(5, new Map());
  await state.intend(9);
  let hasPaused = false;
  const pausing = gate.pause(never).then((goOn) => {
    hasPaused = true;
    return goOn;
  });
  // it may enter, since nobody waits with a wish meanwhile
  const pipeline = await gate.enter(never, () => {});
  await sleep(120);
  expect(hasPaused).toBe(false);
  await state.commit(9, new Map());
  pipeline?.[Symbol.dispose]();
  await (await pausing)();
  await state.close();
});

test('who gives up leaves no wish', async () => {
  const pipeline = await gate.enter(never, () => {});
  const stop = new AbortController();
  const pausing = gate.pause(stop.signal);
  stop.abort(new Error('stopped'));
  await expect(pausing).rejects.toThrow();
  expect(wishes()).toEqual([]);
  pipeline?.[Symbol.dispose]();
});
