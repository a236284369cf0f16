/**
 * Time of the questions people ask, through the real handlers on generated events: median of three.
 *   node bench/query.ts [--events=20000000] [--keep=<folder>]
 * With --keep the data stay in the folder and a second run uses them.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { analyzeHandlers } from '../src/analyze/analyze.ts';
import type { Endpoints, Input } from '../src/contract/endpoints.ts';
import { endpoints } from '../src/contract/endpoints.ts';
import { defaultSettings } from '../src/contract/project-settings.ts';
import { connect, migrate, startEngine } from '../src/warehouse/warehouse.ts';
import { generate, project } from './query-data.ts';

const { values: options } = parseArgs({
  options: { events: { type: 'string', default: '20000000' }, keep: { type: 'string' } },
});
const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'bench-query-'));
const isNew = !existsSync(join(folder, 'warehouse'));
const end = Date.UTC(2026, 10, 22);
const users = [
  { name: 'tributary', password: 'bench', access: 'full' as const },
  { name: 'reader', password: 'bench', access: 'read' as const },
];
const engine = await startEngine({ dataPath: join(folder, 'warehouse'), users });
const warehouse = connect({ url: engine.url, user: 'tributary', password: 'bench' });
const reader = connect({ url: engine.url, user: 'reader', password: 'bench' });
await migrate(warehouse);
if (isNew) await generate(warehouse, Number(options.events), end);
const handlers = analyzeHandlers(warehouse, {
  reader,
  rulesOf: async () => defaultSettings,
  clock: { now: () => end },
});

type Asked =
  | 'overview'
  | 'breakdown'
  | 'trend'
  | 'funnel'
  | 'live'
  | 'eventNames'
  | 'propertyNames'
  | 'propertyValues'
  | 'query';

function question<Name extends Asked & keyof Endpoints>(
  name: Name,
  input: Input<Name>,
): () => Promise<unknown> {
  const handler = handlers[name] as (parsed: unknown) => Promise<unknown>;
  return () => handler(endpoints[name].input.parse(input));
}

const timezone = 'Europe/Berlin';
const scope = { project, range: { from: '2026-08-24', to: '2026-11-21', timezone } };
const month = { project, range: { from: '2026-10-23', to: '2026-11-21', timezone } };
const steps = (...events: string[]): { event: string }[] => events.map((event) => ({ event }));
const usersOf = (event: string) => [{ event, measure: { kind: 'users' as const } }];
const newest = await handlers.live({ project, limit: 10 });
const after = newest.events.at(-1)?.cursor;

const retention = `SELECT cohort, week, uniqExact(person) AS people
  FROM (
    SELECT person, min(active) OVER (PARTITION BY person) AS cohort, intDiv(active - cohort, 7) AS week
    FROM (SELECT person_id AS person, toMonday(timestamp) AS active FROM tributary.events
      WHERE project = '${project}' AND event = 'note_created' GROUP BY person, active)
  ) GROUP BY cohort, week ORDER BY cohort, week`;

const questions: Record<string, () => Promise<unknown>> = {
  'trend: page views per day, 90 days': question('trend', { ...scope, series: [{ event: 'page' }] }),
  'trend: any event per day, 90 days': question('trend', { ...scope, series: [{ event: '*' }] }),
  'trend: unique users of one event per day, 90 days': question('trend', {
    ...scope,
    series: usersOf('note_created'),
  }),
  'trend: unique users of any event per day, 90 days': question('trend', { ...scope, series: usersOf('*') }),
  'trend: one event by a property, 90 days': question('trend', {
    ...scope,
    series: [{ event: 'note_created' }],
    breakdown: 'properties.feature',
  }),
  'trend: p90 of a property by country, 90 days': question('trend', {
    ...scope,
    series: [{ event: 'payment', measure: { kind: 'p90', property: 'properties.amount' } }],
    breakdown: 'country',
  }),
  'overview: 30 days with comparison': question('overview', month),
  'overview: 90 days': question('overview', { ...scope, compare: false }),
  'overview: 30 days, one page': question('overview', {
    ...month,
    filters: [{ property: 'path', op: 'is', values: ['/pricing'] }],
  }),
  'breakdown: sources, 90 days': question('breakdown', { ...scope, property: 'source' }),
  'breakdown: entry pages, 90 days': question('breakdown', { ...scope, property: 'entry_path' }),
  'breakdown: pages (50,000 of them), 30 days': question('breakdown', { ...month, property: 'path' }),
  'funnel: 3 steps, 7 days window, 30 days': question('funnel', {
    ...month,
    steps: steps('page', 'note_created', 'payment'),
  }),
  'funnel: 5 frequent steps, 7 days window, 90 days': question('funnel', {
    ...scope,
    steps: steps('page', 'note_opened', 'note_created', 'comment_added', 'payment'),
  }),
  'funnel: 5 steps from sign-up, 30 days window, 90 days': question('funnel', {
    ...scope,
    steps: steps('signup', 'onboarding_step', 'note_created', 'invite_sent', 'payment'),
    windowSeconds: 30 * 86_400,
  }),
  'retention: weekly, one event, as SQL of a user': question('query', { sql: retention }),
  'live: first page': question('live', { project }),
  'live: after a cursor': question('live', { project, ...(after && { after }) }),
  'catalog: event names': question('eventNames', { project }),
  'catalog: property paths': question('propertyNames', { project }),
  'catalog: values of a property': question('propertyValues', { project, property: 'properties.feature' }),
};

const counted = await handlers.query({ sql: 'SELECT count(), uniq(person_id) FROM tributary.events' });
const [[events = 0, people = 0] = []] = counted.rows as number[][];
console.log(`${events.toLocaleString('en')} events of ${people.toLocaleString('en')} people\n`);
console.log('| question | median ms | each |\n|---|---:|---|');
for (const [name, ask] of Object.entries(questions)) {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const started = performance.now();
    await ask();
    times.push(Math.round(performance.now() - started));
  }
  console.log(`| ${name} | ${times.toSorted((a, b) => a - b)[1]} | ${times.join(', ')} |`);
}

await Promise.all([warehouse.close(), reader.close()]);
await engine.stop();
if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
