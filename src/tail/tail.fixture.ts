import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { createCollector, createDecoder } from '../collect/collect.ts';
import type { LogLine } from '../contract/log-line.ts';
import type { AcceptedRequest } from '../contract/request.ts';
import { systemClock } from '../runtime/clock.ts';
import { Metrics } from '../runtime/metrics.ts';
import { type TailOptions, tail } from './tail.ts';

/** A real collector that keeps what it takes in memory, and may be told to fail. */
async function collector() {
  const accepted: AcceptedRequest[] = [];
  const decode = createDecoder();
  /** `taken`: called when lines are kept and their sender does not know it yet. */
  const state: { failing: number; taken: () => void } = { failing: 0, taken: () => undefined };
  const taken = createCollector({
    log: {
      append: (request) => {
        accepted.push(request);
        state.taken();
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    keyOf: (key) => (key === 'wk' ? { id: 'k', project: 'p', door: 'tracker' } : undefined),
    visitorOf: () => '',
    clock: systemClock,
    metrics: new Metrics(),
    ipPrivacy: 'keep',
    trustedProxies: [],
  });
  const server = createServer((request, response) => {
    if (state.failing > 0) {
      state.failing--;
      response.writeHead(503, { 'retry-after': '0' }).end();
    } else taken.handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  server.unref();
  const lines = (): LogLine[] => {
    const all = accepted.flatMap((record) => {
      const decoded = decode({ ...record, offset: 1 });
      if (decoded instanceof Promise) throw new Error('lines decode at once');
      expect(decoded.failures).toEqual([]);
      return decoded.logs ?? [];
    });
    // what the warehouse does with ids that it knows
    return [...new Map(all.map((line) => [line.id, line])).values()];
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    lines,
    bodies: () => lines().map(({ body }) => body),
  };
}

/** More looks than it takes for everything that is there to be sent, and for copies to be old enough. */
const looksAfter = 4;

export async function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-tail-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const target = await collector();
  const said: string[] = [];
  const base = (over: Partial<TailOptions> = {}): TailOptions => ({
    patterns: [join(folder, '*.log')],
    position: join(folder, 'positions.json'),
    url: target.url,
    key: 'wk',
    format: 'plain',
    service: 'api',
    host: 'h',
    fromStart: true,
    once: true,
    clock: systemClock,
    signal: new AbortController().signal,
    poll: 5,
    say: (message) => said.push(message),
    onProgress: () => undefined,
    ...over,
  });
  const once = (over: Partial<TailOptions> = {}) => tail(base(over));
  /** Follows until `check` passes. */
  const follow = async (
    work: () => Promise<void> | void,
    check: () => boolean,
    over: Partial<TailOptions> = {},
  ) => {
    const control = new AbortController();
    let failure: unknown;
    const running = tail(base({ once: false, signal: control.signal, ...over })).catch(
      (error: unknown) => (failure = error),
    );
    await work();
    await expect.poll(() => failure !== undefined || check(), { timeout: 15_000, interval: 10 }).toBe(true);
    control.abort();
    await running;
    if (failure !== undefined) throw failure;
  };
  /**
   * Follows while the steps happen, each between two looks at the files. `crashing`: and each while lines are kept whose sender
   * is killed before it knows.
   */
  const through = async (
    steps: readonly (() => void)[],
    { crashing = false, ...over }: Partial<TailOptions> & { crashing?: boolean } = {},
  ) => {
    const pulse = join(folder, 'pulse.log');
    let [skew, looks, control] = [0, 0, new AbortController()];
    const ended = Promise.withResolvers<void>();
    // the pulse makes sure that every look sends something, and time that each looks for new files
    const beat = (): void => {
      skew += 1_000;
      appendFileSync(pulse, `pulse ${looks}\n`);
    };
    target.state.taken = () => {
      steps[looks]?.();
      beat();
      looks++;
      if (looks > steps.length + looksAfter) ended.resolve();
      if (crashing || looks > steps.length + looksAfter) control.abort();
    };
    beat();
    const clock = { now: () => Date.now() + skew };
    for (let running = true; running; ) {
      control = new AbortController();
      const follows = tail(base({ once: false, signal: control.signal, clock, poll: 1, ...over }));
      running = await Promise.race([ended.promise.then(() => false), follows.then(() => true)]);
      await follows;
    }
    target.state.taken = () => undefined;
  };
  return { folder, file: join(folder, 'a.log'), once, follow, through, said, ...target };
}
