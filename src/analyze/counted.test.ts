import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packed, reasonOf, totalOf } from '../contract/bots.ts';
import { consentBits } from '../contract/consent.ts';
import { endpoints, type Output } from '../contract/endpoints.ts';
import type { Consent } from '../contract/event.ts';
import {
  type BotLayer,
  botLayers,
  defaultSettings,
  type ProjectSettings,
  projectSettings,
} from '../contract/project-settings.ts';
import type { EventRow } from '../contract/row.ts';
import { fakeClock } from '../runtime/clock.ts';
import { type AnalyzeHandlers, analyzeHandlers } from './analyze.ts';
import { eventRow, personKey, sessionRow, startTestWarehouse, type TestWarehouse } from './test-warehouse.ts';

const project = 'shop';
const now = Date.UTC(2026, 5, 10, 12);
const minute = 60_000;
let warehouse: TestWarehouse;
let handlers: AnalyzeHandlers;
/** What the project's owner has decided last. */
let settings: ProjectSettings;

type Scores = Partial<Record<BotLayer, number>>;

function scored(scores: Scores): Pick<EventRow, 'bot_score' | 'bot_layers' | 'bot_reason'> {
  const found = botLayers.map((layer) => ({ layer, score: scores[layer] ?? 0, words: `words of ${layer}` }));
  const layers = found.reduce((sum, { score }, place) => sum + packed(place, score), 0);
  const reason = reasonOf(found.filter(({ score }) => score > 0));
  return { bot_layers: layers, bot_score: totalOf(layers), bot_reason: reason };
}

/** Two page views of a visitor, one a minute after the other, the second with the consent given then. */
function visitOf(person: string, scores: Scores, consents: readonly (Consent | '')[] = ['']): EventRow[] {
  return [0, 1].map((index) =>
    eventRow({
      project,
      person,
      event: 'page',
      timestamp: now - 60 * minute + index * minute,
      session_key: personKey(project, `visit of ${person}`),
      path: '/',
      consent: consents[index] ?? consents[0] ?? '',
      ...(person === 'buyer' && index === 1 ? { revenue: 30 } : {}),
      ...scored(scores),
    }),
  );
}

const visits = {
  person: visitOf('person', {}, ['granted']),
  buyer: visitOf('buyer', { network: 40, contradiction: 30 }, ['denied', 'granted']),
  crawler: visitOf('crawler', { agent: 95, network: 40 }),
  hasty: visitOf('hasty', { rate: 30, behaviour: 30 }, ['anonymous']),
  refuser: visitOf('refuser', { network: 40 }, ['denied']),
};

beforeAll(async () => {
  warehouse = await startTestWarehouse();
  const rulesOf = async () => settings;
  handlers = analyzeHandlers(warehouse.client, { reader: warehouse.reader, rulesOf, clock: fakeClock(now) });
  const all = Object.values(visits);
  await warehouse.insertEvents(all.flat());
  await warehouse.insertSessions(all.map((events) => sessionRow(events)));
});
afterAll(() => warehouse.stop());
beforeEach(() => {
  settings = defaultSettings;
});

async function ask<Name extends 'overview' | 'breakdown' | 'trend' | 'funnel' | 'bots' | 'consents'>(
  name: Name,
  input: object,
): Promise<Output<Name>> {
  const parsed = endpoints[name].input.parse({ project, ...input });
  return (await handlers[name](parsed as never)) as Output<Name>;
}

const range = { from: '2026-06-10', to: '2026-06-10' };

/** People and sessions by every kind of chart. */
async function counted(more: object = {}) {
  const scope = { range, ...more };
  const [overview, pages, entries, trend, funnel] = await Promise.all([
    ask('overview', scope),
    ask('breakdown', { ...scope, property: 'path' }),
    ask('breakdown', { ...scope, property: 'entry_path' }),
    ask('trend', { ...scope, series: [{ event: 'page', measure: { kind: 'users' } }] }),
    ask('funnel', { ...scope, steps: [{ event: 'page' }, { event: 'page' }] }),
  ]);
  const people = [
    overview.total.visitors,
    pages.rows[0]?.visitors ?? 0,
    trend.lines[0]?.total ?? 0,
    funnel.groups[0]?.steps[0]?.people ?? 0,
  ];
  return {
    people: [...new Set(people)],
    sessions: [...new Set([overview.total.sessions, entries.rows[0]?.sessions ?? 0])],
  };
}

const alike = (people: number, sessions = people) => ({ people: [people], sessions: [sessions] });

describe('a project’s policy on bots holds for the past, in every chart', () => {
  test.each<[string, object, number]>([
    ['nothing decided', {}, 2],
    ['they count', { policy: 'count' }, 5],
    ['they are listed apart', { policy: 'quarantine' }, 2],
    ['a threshold above all but one', { threshold: 96 }, 4],
    ['a threshold below all', { threshold: 40 }, 1],
    ['without networks', { layers: ['agent', 'contradiction', 'rate', 'behaviour'] }, 3],
    ['of the agent alone', { layers: ['agent'] }, 4],
    [
      'of networks and behaviour, with a lower threshold',
      { layers: ['network', 'behaviour'], threshold: 40 },
      2,
    ],
    ['of no layer', { layers: [] }, 5],
  ])('%s', async (_, bots, expected) => {
    settings = projectSettings.parse({ bots });
    expect(await counted()).toEqual(alike(expected));
    // the switch of a chart is stronger
    expect(await counted({ includeBots: true })).toEqual(alike(5));
  });
});

describe('consent is honoured when a query runs', () => {
  test.each<[string, object, ReturnType<typeof alike>]>([
    ['nothing decided', {}, alike(5)],
    // who agreed in the end counts with what came after that; the visit counts
    ['denied', { denied: 'hide' }, alike(4)],
    ['not asked', { unknown: 'hide' }, alike(4)],
    ['both', { denied: 'hide', unknown: 'hide' }, alike(3)],
  ])('%s', async (_, consent, expected) => {
    settings = projectSettings.parse({ consent });
    expect(await counted({ includeBots: true })).toEqual(expected);
  });

  test('events of before the answer stay out when the visitor agrees later', async () => {
    settings = projectSettings.parse({ consent: { denied: 'hide' }, bots: { policy: 'count' } });
    const { lines } = await ask('trend', { range, series: [{ event: 'page' }] });
    expect(lines[0]?.total).toBe(7);
  });

  test('a session knows all that its events said', () => {
    expect(sessionRow(visits.buyer).consents).toBe(consentBits.denied | consentBits.granted);
  });
});

test('where sessions may last longer than a day, those begun before that are found for the events of the range', async () => {
  const of = { project: 'long', person: 'x', session_key: personKey('long', 'visit') };
  const visit = [-60, -1].map((hours) =>
    eventRow({ ...of, event: 'page', timestamp: now + hours * 60 * minute, path: `/${hours}` }),
  );
  await warehouse.insertEvents(visit);
  await warehouse.insertSessions([sessionRow(visit)]);
  const entry = { property: 'entry_path', op: 'is', values: ['/-60'] };
  const scope = { project: 'long', range };
  const found = async (): Promise<unknown[]> => {
    const { total } = await ask('overview', { ...scope, filters: [entry] });
    const { rows } = await ask('breakdown', { ...scope, property: 'path' });
    const { lines } = await ask('trend', { ...scope, series: [{ event: '*' }], breakdown: 'entry_path' });
    return [total.visitors, rows[0]?.sessions, lines[0]?.value];
  };
  settings = projectSettings.parse({ sessions: { maxHours: 72 } });
  expect(await found()).toEqual([1, 1, '/-60']);
});

test('what the tracking plan says of an event can take it out', async () => {
  const name = 'plan';
  const at = now - 5 * minute;
  await warehouse.insertEvents(
    (['valid', 'unplanned', 'violating', ''] as const).map((plan_status) =>
      eventRow({ project, person: 'planner', event: name, timestamp: at, plan_status }),
    ),
  );
  const total = async (plan: object): Promise<number | undefined> => {
    settings = projectSettings.parse({ plan });
    return (await ask('trend', { range, series: [{ event: name }] })).lines[0]?.total;
  };
  expect(await total({})).toBe(4);
  expect(await total({ violating: 'hide' })).toBe(3);
  expect(await total({ violating: 'hide', unplanned: 'hide' })).toBe(2);
  await warehouse.client.command({
    query: `DELETE FROM tributary.events WHERE project = '${project}' AND event = '${name}'`,
    clickhouse_settings: { lightweight_deletes_sync: '2' },
  });
});

describe('the report of bots', () => {
  test('says how many, and how many of them paid', async () => {
    expect(await ask('bots', {})).toMatchObject({
      all: { events: 10, people: 5, sessions: 5 },
      bots: { events: 6, people: 3, sessions: 3, paying: 1 },
      sql: { events: 'bot_score < 50', sessions: 'bot_score < 50' },
    });
  });

  test('shows what another policy would do, and says it in SQL', async () => {
    const { bots, sql } = await ask('bots', { threshold: 90, layers: ['agent', 'network'] });
    expect(bots).toMatchObject({ events: 2, people: 1, paying: 0 });
    const [row] = await (
      await warehouse.client.query({
        query: `SELECT count() AS events FROM tributary.events WHERE project = '${project}' AND ${sql.events}`,
        format: 'JSONEachRow',
      })
    ).json<{ events: string }>();
    expect(Number(row?.events)).toBe(8);
  });

  test('explains: by layer, by network, by agent, by visitor', async () => {
    const { agents, layers, networks, visitors } = await ask('bots', {});
    expect(layers).toEqual([
      { layer: 'agent', events: 2, people: 1, decisive: 2 },
      { layer: 'contradiction', events: 2, people: 1, decisive: 2 },
      { layer: 'network', events: 6, people: 3, decisive: 2 },
      { layer: 'rate', events: 2, people: 1, decisive: 2 },
      { layer: 'behaviour', events: 2, people: 1, decisive: 2 },
    ]);
    expect(networks).toEqual([{ words: 'words of network', events: 6, people: 3, bots: 4 }]);
    expect(agents).toEqual([{ words: 'words of agent', events: 2, people: 1, bots: 2 }]);
    expect(visitors.map(({ anonymousId }) => anonymousId).toSorted()).toEqual(['buyer', 'crawler', 'hasty']);
    expect(visitors.find(({ anonymousId }) => anonymousId === 'buyer')).toMatchObject({
      events: 2,
      revenue: 30,
      score: 70,
      found: [
        { layer: 'network', score: 40, words: 'words of network' },
        { layer: 'contradiction', score: 30, words: 'words of contradiction' },
      ],
    });
  });

  test('counts events by consent', async () => {
    const { consents } = await ask('consents', {});
    expect(Object.fromEntries(consents.map(({ consent, events }) => [consent, events]))).toEqual({
      '': 2,
      anonymous: 2,
      denied: 3,
      granted: 3,
    });
  });
});
