import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultSettings } from '../../contract/project-settings.ts';
import { type FunnelQuery, funnelSchema } from '../../contract/query.ts';
import type { FunnelResult } from '../../contract/result.ts';
import type { EventRow } from '../../contract/row.ts';
import type { Ruled } from '../scope.ts';
import { bestWay, type StepEvent } from '../test-funnel.ts';
import { eventRow, personKey, startTestWarehouse, type TestWarehouse } from '../test-warehouse.ts';
import { funnel } from './funnel.ts';

let warehouse: TestWarehouse;
beforeAll(async () => {
  warehouse = await startTestWarehouse();
}, 60_000);
afterAll(() => warehouse.stop());

const start = Date.UTC(2026, 5, 1);
const entryEnd = Date.UTC(2026, 5, 2);
const second = 1_000;
let projects = 0;

type Steps = readonly { event: string; filters?: { property: string; op: 'is'; values: string[] }[] }[];

function queryOf(project: string, steps: Steps, more: Partial<FunnelQuery> = {}): Ruled<FunnelQuery> {
  const range = { from: '2026-06-01', to: '2026-06-01' };
  return {
    ...funnelSchema.parse({ project, range, steps, windowSeconds: 100 }),
    ...more,
    rules: defaultSettings,
  };
}

/** `[person, event, seconds from the start, properties]` */
type Said = readonly [string, string, number, Record<string, string>?];

function rowsOf(project: string, said: readonly Said[]): EventRow[] {
  return said.map(([person, event, seconds, properties = {}]) =>
    eventRow({
      project,
      person,
      event,
      timestamp: start + seconds * second,
      properties: JSON.stringify(properties),
    }),
  );
}

async function stored(said: readonly Said[]): Promise<string> {
  projects += 1;
  const project = `funnel-${projects}`;
  await warehouse.insertEvents(rowsOf(project, said));
  return project;
}

const people = (result: FunnelResult, group = 0): number[] =>
  result.groups[group]?.steps.map((step) => step.people) ?? [];

const abc = [{ event: 'a' }, { event: 'b' }, { event: 'c' }];

test('people count at every step they reach in order, and times are medians', async () => {
  const project = await stored([
    ['ann', 'a', 0],
    ['ann', 'b', 10],
    ['ann', 'c', 40],
    ['bob', 'a', 0],
    ['bob', 'c', 5],
    ['bob', 'b', 20],
    ['cem', 'b', 0],
  ]);
  const result = await funnel(warehouse.client, queryOf(project, abc));
  expect(result.groups).toEqual([
    {
      value: null,
      steps: [
        { event: 'a', people: 2, conversion: 1, stepConversion: 1, medianSeconds: null },
        { event: 'b', people: 2, conversion: 1, stepConversion: 1, medianSeconds: 15 },
        { event: 'c', people: 1, conversion: 0.5, stepConversion: 0.5, medianSeconds: 30 },
      ],
      medianSeconds: 40,
    },
  ]);
});

test('the window counts from the first step, to the millisecond', async () => {
  const project = await stored([
    ['in', 'a', 0],
    ['in', 'b', 60],
    ['in', 'c', 100],
    ['out', 'a', 0],
    ['out', 'b', 60],
    ['out', 'c', 100.001],
  ]);
  expect(people(await funnel(warehouse.client, queryOf(project, abc)))).toEqual([2, 2, 1]);
});

test('a later first step gives a second chance', async () => {
  const project = await stored([
    ['ann', 'a', 0],
    ['ann', 'a', 150],
    ['ann', 'b', 200],
  ]);
  expect(people(await funnel(warehouse.client, queryOf(project, abc)))).toEqual([1, 1, 0]);
});

test('the first step lies in the range, later ones may come after it', async () => {
  const day = 86_400;
  const project = await stored([
    ['late', 'a', day - 10],
    ['late', 'b', day + 50],
    ['tomorrow', 'a', day],
    ['tomorrow', 'b', day + 1],
  ]);
  expect(people(await funnel(warehouse.client, queryOf(project, abc)))).toEqual([1, 1, 0]);
});

test('events of the same millisecond connect', async () => {
  const project = await stored([
    ['ann', 'c', 7],
    ['ann', 'b', 7],
    ['ann', 'a', 7],
  ]);
  expect(people(await funnel(warehouse.client, queryOf(project, abc)))).toEqual([1, 1, 1]);
});

test('a step that repeats needs another event', async () => {
  const twice = [{ event: 'buy' }, { event: 'buy' }];
  const project = await stored([
    ['once', 'buy', 1],
    ['twice', 'buy', 1],
    ['twice', 'buy', 1],
  ]);
  expect(people(await funnel(warehouse.client, queryOf(project, twice)))).toEqual([2, 1]);
});

test('one person is one person across the ids that were joined', async () => {
  const project = await stored([
    ['anonymous', 'a', 0],
    ['user', 'b', 5],
  ]);
  expect(people(await funnel(warehouse.client, queryOf(project, abc)))).toEqual([1, 0, 0]);
  await warehouse.identify(project, personKey(project, 'anonymous'), personKey(project, 'user'));
  expect(people(await funnel(warehouse.client, queryOf(project, abc)))).toEqual([1, 1, 0]);
});

test('a breakdown goes by the first step of the way that counts', async () => {
  const project = await stored([
    ['ann', 'a', 0, { plan: 'free' }],
    ['ann', 'a', 20, { plan: 'pro' }],
    ['ann', 'b', 30, { plan: 'other' }],
    ['bob', 'a', 0, { plan: 'pro' }],
    ['cem', 'a', 0],
  ]);
  const result = await funnel(warehouse.client, queryOf(project, abc, { breakdown: 'properties.plan' }));
  expect(result.groups.map((group) => group.value)).toEqual(['pro', '']);
  expect([people(result, 0), people(result, 1)]).toEqual([
    [2, 1, 0],
    [1, 0, 0],
  ]);
});

test('without events all steps are zero', async () => {
  const result = await funnel(warehouse.client, queryOf('nobody', abc));
  expect(people(result)).toEqual([0, 0, 0]);
  expect(result.groups[0]?.medianSeconds).toBeNull();
});

interface Case {
  readonly steps: Steps;
  /** Which steps an event can be, as `matches` of the definition says. */
  readonly matches: (event: string, tag: string) => number[];
}

const distinct: Case = {
  steps: abc,
  matches: (event) => ['a', 'b', 'c'].flatMap((name, index) => (name === event ? [index] : [])),
};
const tagged = (value: string) => [{ property: 'properties.tag', op: 'is' as const, values: [value] }];
const overlapping: Case = {
  steps: [
    { event: 'a', filters: tagged('x') },
    { event: '*' },
    { event: 'a' },
    { event: 'b', filters: tagged('y') },
  ],
  matches: (event, tag) => [
    ...(event === 'a' && tag === 'x' ? [0] : []),
    1,
    ...(event === 'a' ? [2] : []),
    ...(event === 'b' && tag === 'y' ? [3] : []),
  ],
};

const generated = (distinctTimes: boolean) => {
  const event = fc.record({
    event: fc.constantFrom('a', 'b', 'c'),
    tag: fc.constantFrom('x', 'y'),
    at: fc.nat(distinctTimes ? 400 : 30),
  });
  const history = distinctTimes
    ? fc.uniqueArray(event, { maxLength: 9, selector: ({ at }) => at })
    : fc.array(event, { maxLength: 8 });
  return fc.record({
    histories: fc.array(history, { minLength: 20, maxLength: 40 }),
    windowSeconds: fc.integer({ min: 1, max: 60 }),
  });
};

interface Example {
  readonly histories: readonly (readonly { event: string; tag: string; at: number }[])[];
  readonly windowSeconds: number;
}

/** Seconds around the end of the range, so that some first steps come too late. */
const offset = 86_400 - 250;

async function bothAnswers({ steps, matches }: Case, { histories, windowSeconds }: Example) {
  const said = histories.flatMap((history, person) =>
    history.map(({ event, tag, at }): Said => [`p${person}`, event, offset + at, { tag }]),
  );
  const project = await stored(said);
  const answer = await funnel(warehouse.client, queryOf(project, steps, { windowSeconds }));
  const ways = histories.map((history) => {
    const events = history.map(
      ({ event, tag, at }): StepEvent => ({ at: start + (offset + at) * second, steps: matches(event, tag) }),
    );
    return bestWay(events, steps.length, windowSeconds * second, entryEnd);
  });
  return { answer, ways };
}

test('equals its definition when every event is one step, with many equal times', async () => {
  await fc.assert(
    fc.asyncProperty(generated(false), async (example) => {
      const { answer, ways } = await bothAnswers(distinct, example);
      expect(answer.groups[0]).toEqual(groupOf(distinct.steps, ways));
    }),
    { numRuns: 25 },
  );
}, 60_000);

test('equals its definition when one event can be several steps', async () => {
  await fc.assert(
    fc.asyncProperty(generated(true), async (example) => {
      const { answer, ways } = await bothAnswers(overlapping, example);
      expect(answer.groups[0]).toEqual(groupOf(overlapping.steps, ways));
    }),
    { numRuns: 25 },
  );
}, 60_000);

test('never finds more than there is when one event can be several steps of one millisecond', async () => {
  await fc.assert(
    fc.asyncProperty(generated(false), async (example) => {
      const { answer, ways } = await bothAnswers(overlapping, example);
      for (const [index, found] of people(answer).entries()) {
        expect(found).toBeLessThanOrEqual(ways.filter((way) => way.level > index).length);
      }
    }),
    { numRuns: 10 },
  );
}, 60_000);

function groupOf(steps: Steps, ways: readonly { level: number; times: readonly number[] }[]) {
  const reached = (level: number) => ways.filter((way) => way.level >= level);
  const between = (from: number, to: number) =>
    median(reached(to).map((way) => ((way.times[to - 1] ?? 0) - (way.times[from - 1] ?? 0)) / second));
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  return {
    value: null,
    steps: steps.map((step, index) => ({
      event: step.event,
      people: reached(index + 1).length,
      conversion: share(reached(index + 1).length, reached(1).length),
      stepConversion: share(reached(index + 1).length, reached(Math.max(1, index)).length),
      medianSeconds: index === 0 ? null : between(index, index + 1),
    })),
    medianSeconds: between(1, steps.length),
  };
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return null;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}
