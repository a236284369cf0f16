import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fakeClock } from '../runtime/clock.ts';
import { type AnalyzeHandlers, analyzeHandlers } from './analyze.ts';
import {
  defaultRules,
  eventRow,
  personKey,
  startTestWarehouse,
  type TestWarehouse,
} from './test-warehouse.ts';

const project = 'app';
const day = 86_400_000;
const now = Date.UTC(2026, 5, 15, 12);
const range = { from: '2026-06-01', to: '2026-06-15', timezone: 'UTC' };
let warehouse: TestWarehouse;
let handlers: AnalyzeHandlers;

/** A trait as an event left it, `days` ago. */
function said(of: { person?: string; account?: string }, trait: string, value: string, days: number): object {
  return {
    project,
    kind: of.person === undefined ? 'company' : 'person',
    key: of.person === undefined ? '0' : String(personKey(project, of.person)),
    id: of.person ?? of.account,
    trait,
    operation: 'set',
    value: JSON.stringify(value),
    timestamp: ((now - days * day) / 1_000).toFixed(3),
    version: 1_000 - days,
  };
}

const bought = (person: string, days: number, account = '') =>
  eventRow({
    project,
    person,
    event: 'bought',
    timestamp: now - days * day,
    account_id: account,
    account_kind: account === '' ? '' : 'company',
  });

beforeAll(async () => {
  warehouse = await startTestWarehouse();
  handlers = analyzeHandlers(warehouse.client, {
    reader: warehouse.reader,
    rulesOf: defaultRules,
    clock: fakeClock(now),
  });
  await warehouse.insertEvents([
    // ann was free, pays since eight days ago, and visited without a name before
    bought('anns phone', 9),
    bought('ann', 10, 'acme'),
    bought('ann', 6, 'acme'),
    bought('ann', 2, 'acme'),
    bought('bob', 3),
  ]);
  await warehouse.client.insert({
    table: 'tributary.profile_history',
    format: 'JSONEachRow',
    values: [
      said({ person: 'ann' }, 'plan', 'free', 12),
      said({ person: 'ann' }, 'plan', 'pro', 8),
      said({ person: 'bob' }, 'plan', 'free', 5),
      said({ account: 'acme' }, 'size', 'small', 12),
      said({ account: 'acme' }, 'size', 'large', 4),
      { ...said({ person: 'ann' }, 'plan', 'other project', 1), project: 'other' },
    ],
  });
  await warehouse.identify(project, personKey(project, 'anns phone'), personKey(project, 'ann'));
}, 60_000);
afterAll(() => warehouse.stop());

async function countsBy(property: string): Promise<Record<string, number>> {
  const { lines } = await handlers.trend({
    project,
    range,
    filters: [],
    includeBots: false,
    series: [{ event: 'bought', filters: [], measure: { kind: 'count' } }],
    interval: 'day',
    breakdown: property,
    limit: 8,
    compare: false,
  });
  return Object.fromEntries(lines.map(({ value, total }) => [value ?? '', total]));
}

describe('traits in charts', () => {
  test('now: what somebody is today, for all that they ever did, also before they had a name', async () => {
    expect(await countsBy('person.plan')).toEqual({ pro: 4, free: 1 });
  });

  test('then: what they were when it happened', async () => {
    expect(await countsBy('person_then.plan')).toEqual({ free: 3, pro: 2 });
  });

  test('of the account, now and then; events without an account have none', async () => {
    expect(await countsBy('account.size')).toEqual({ large: 3, '': 2 });
    expect(await countsBy('account_then.size')).toEqual({ small: 2, large: 1, '': 2 });
  });

  const filter = (property: string, value: string) => [{ property, op: 'is' as const, values: [value] }];
  const scope = { project, range, includeBots: false };

  test('filters of every chart take them', async () => {
    const filters = filter('person_then.plan', 'pro');
    const overview = await handlers.overview({ ...scope, filters, interval: 'day', compare: false });
    expect(overview.total.visitors).toBe(1);
    const breakdown = await handlers.breakdown({
      ...scope,
      filters,
      property: 'event',
      limit: 10,
      search: '',
    });
    expect(breakdown.rows).toMatchObject([{ value: 'bought', visitors: 1 }]);
    const funnel = await handlers.funnel({
      ...scope,
      filters: [],
      steps: [
        { event: 'bought', filters: filter('person_then.plan', 'free') },
        { event: 'bought', filters: filter('account.size', 'large') },
      ],
      windowSeconds: 86_400 * 30,
      breakdown: 'person.plan',
      limit: 5,
    });
    expect(funnel.groups.map(({ value, steps }) => [value, ...steps.map(({ people }) => people)])).toEqual([
      ['free', 1, 0],
      ['pro', 1, 1],
    ]);
    const values = await handlers.breakdown({
      ...scope,
      filters: [],
      property: 'person.plan',
      limit: 10,
      search: '',
    });
    expect(values.rows.map(({ value, visitors }) => [value, visitors])).toEqual([
      ['free', 1],
      ['pro', 1],
    ]);
  });

  test('the catalog names them and their values', async () => {
    const { traits } = await handlers.propertyNames({ project });
    expect(traits).toEqual([
      { of: 'person', name: 'plan', kind: 'text', count: 2 },
      { of: 'account', name: 'size', kind: 'text', count: 1 },
    ]);
    const { values } = await handlers.propertyValues({ project, property: 'person_then.plan', search: '' });
    expect(values.map(({ value }) => value)).toEqual(['free', 'pro']);
  });
});
