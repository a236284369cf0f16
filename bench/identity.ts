/**
 * What it costs to ask who somebody is when a query runs: a trend and funnels over `person_id`, and the same over `person_key` beside them (the
 * same SQL without the lookups). The CPU time of the engine, which a busy machine changes less than the clock: median of five, in turns.
 * Every second event has to be resolved here, which is more than any product has. On two cores that others used too (load 10 to 20): a trend of people of
 * one event per day 21 %, of any event per week 1 %, a funnel of three steps 19 %; by the clock on the same machine between -11 % and 20 %.
 *   node bench/identity.ts [--events=20000000] [--persons=1000000] [--keep=<folder>]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type AnalyzeHandlers, analyzeHandlers } from '../src/analyze/analyze.ts';
import { endpoints, type Input } from '../src/contract/endpoints.ts';
import { defaultSettings } from '../src/contract/project-settings.ts';
import { type ClickHouseClient, connect, migrate, startEngine } from '../src/warehouse/warehouse.ts';

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '20000000' },
    persons: { type: 'string', default: '1000000' },
    keep: { type: 'string' },
  },
});
const [events, persons] = [Number(options.events), Number(options.persons)];
const project = 'bench';
const end = Date.UTC(2026, 10, 22);
const days = 90;
const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'bench-identity-'));
const isNew = !existsSync(join(folder, 'warehouse'));
const engine = await startEngine({
  dataPath: join(folder, 'warehouse'),
  users: [{ name: 'tributary', password: 'bench', access: 'full' }],
});
const warehouse = connect({ url: engine.url, user: 'tributary', password: 'bench' });
await migrate(warehouse);
if (isNew) await generate();
await warehouse.command({ query: 'SYSTEM RELOAD DICTIONARY tributary.identity' });

/** Every person has a user key and a device that was joined to it; of its events a half was before it signed in. */
async function generate(): Promise<void> {
  const chunk = 2_000_000;
  for (let from = 0; from < events; from += chunk) {
    await warehouse.command({
      query: `INSERT INTO tributary.events (project, event_id, type, event, timestamp, received_at, log_offset, person_key)
        SELECT {project:String}, toString(number), 'track',
          ['page', 'page', 'page', 'search', 'signup', 'note_created', 'note_created', 'payment'][1 + sipHash64(number, 'event') % 8],
          fromUnixTimestamp64Milli({end:Int64} - toInt64(sipHash64(number, 'time') % (${days} * 86400000)), 'UTC') AS at, at, number,
          sipHash64(sipHash64(number, 'person') % {persons:UInt64}, if(number % 2 = 0, 'user', 'device'))
        FROM numbers({from:UInt64}, {count:UInt64})`,
      query_params: { project, end, persons, from, count: Math.min(chunk, events - from) },
    });
    process.stderr.write(`\r${Math.round(((from + chunk) / events) * 100)} % of the events`);
  }
  await warehouse.command({
    query: `INSERT INTO tributary.identities (project, alias_key, alias_id, person_key, user_id, reason, linked_at, version)
      SELECT {project:String}, sipHash64(number, 'device'), toString(number), sipHash64(number, 'user'), toString(number), 'identify', now64(3), number + 1
      FROM numbers({persons:UInt64})`,
    query_params: { project, persons },
  });
  process.stderr.write('\n');
}

/** The same questions without asking who anybody is. */
function unresolved(client: ClickHouseClient): ClickHouseClient {
  const query: ClickHouseClient['query'] = (asked) =>
    client.query({
      ...asked,
      query: asked.query
        .replaceAll(/dictGetOrDefault\('tributary\.identity', 'person_key', (\w+), \1\)/g, '$1')
        .replaceAll(/\bperson_id\b/g, 'person_key'),
    });
  return new Proxy(client, { get: (target, name) => (name === 'query' ? query : Reflect.get(target, name)) });
}

/** Milliseconds of CPU that the engine has used so far. */
function engineCpu(): number {
  const fields = readFileSync(`/proc/${engine.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

const handlersOf = (client: ClickHouseClient): AnalyzeHandlers =>
  analyzeHandlers(client, {
    reader: client,
    rulesOf: async () => defaultSettings,
    clock: { now: () => end },
  });
const [resolved, plain] = [handlersOf(warehouse), handlersOf(unresolved(warehouse))];

type Asked = 'trend' | 'funnel';
const scope = { project, range: { from: '2026-08-24', to: '2026-11-21', timezone: 'UTC' } };
const users = (event: string) => [{ event, measure: { kind: 'users' as const } }];
const steps = (...names: string[]) => names.map((event) => ({ event }));
const questions: Record<string, { readonly name: Asked; readonly input: Input<'trend'> | Input<'funnel'> }> =
  {
    'trend: people of one event per day': {
      name: 'trend',
      input: { ...scope, series: users('note_created') },
    },
    'trend: people of any event per week': {
      name: 'trend',
      input: { ...scope, interval: 'week', series: users('*') },
    },
    'funnel: 3 steps, 7 days': {
      name: 'funnel',
      input: { ...scope, steps: steps('signup', 'note_created', 'payment'), windowSeconds: 7 * 86_400 },
    },
  };

const answers = await warehouse.query({
  query:
    'SELECT count() AS events, uniq(person_id) AS people, uniq(person_key) AS keys FROM tributary.events',
  format: 'JSONEachRow',
});
console.log(JSON.stringify((await answers.json())[0]));
console.log('| question | person_id, CPU ms | person_key, CPU ms | cost |\n|---|---:|---:|---:|');
for (const [text, { name, input }] of Object.entries(questions)) {
  const parsed = endpoints[name].input.parse(input);
  const ask = (handlers: AnalyzeHandlers) => (handlers[name] as (input: unknown) => Promise<unknown>)(parsed);
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < 6; round++) {
    for (const [side, handlers] of [resolved, plain].entries()) {
      const before = engineCpu();
      await ask(handlers);
      // the first round warms the disk's cache
      if (round > 0) times[side as 0 | 1].push(engineCpu() - before);
    }
  }
  const [withIds, without] = times.map((all) => all.toSorted((a, b) => a - b)[2] ?? 0) as [number, number];
  console.log(
    `| ${text} | ${Math.round(withIds)} | ${Math.round(without)} | ${Math.round((withIds / without - 1) * 100)} % |`,
  );
}
await warehouse.close();
await engine.stop();
if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
