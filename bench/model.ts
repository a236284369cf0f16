/**
 * What it costs to bring the example workspace up to date after 1 % of new data, beside building all of it; then the same with ten times the
 * history and as many new rows in proportion, and with as many new rows as before.
 *   node bench/model.ts [--events=20000000]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Models, type RunReport } from '../src/model/model.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { type ClickHouseClient, connect, migrate, startEngine } from '../src/warehouse/warehouse.ts';
import { generate } from './query-data.ts';

const { values: options } = parseArgs({ options: { events: { type: 'string', default: '20000000' } } });
const end = Date.UTC(2026, 10, 22);
const example = join(import.meta.dirname, '../examples/saas');
const tables = ['events', 'sessions', 'persons'] as const;

/** The rows after a moment are taken away, to come back as what is new. */
const times = { events: 'timestamp', sessions: 'day_key', persons: 'last_seen' } as const;

interface Measured {
  readonly seconds: number;
  readonly rows: number;
  readonly report: RunReport;
}

const sizes = [Number(options.events) / 10, Number(options.events)];
console.log('| events | new rows | full build s | refresh s | ratio |\n|---:|---:|---:|---:|---:|');
const details: string[] = [];
for (const events of sizes) await measure(events);
console.log(`\n${details.join('\n')}`);

async function measure(events: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-model-'));
  const users = [
    { name: 'tributary', password: 'bench', access: 'full' as const },
    { name: 'reader', password: 'bench', access: 'read' as const },
  ];
  const engine = await startEngine({ dataPath: join(folder, 'warehouse'), users });
  const warehouse = connect({ url: engine.url, user: 'tributary', password: 'bench' });
  const reader = connect({ url: engine.url, user: 'reader', password: 'bench' });
  await migrate(warehouse);
  await generate(warehouse, events, end);
  await warehouse.command({
    query: `INSERT INTO tributary.persons (project, person_key, user_id, anonymous_id, traits, first_seen, last_seen, version)
    SELECT project, person_key, any(user_id), any(anonymous_id), '{"plan":"pro","role":"Sales"}', min(timestamp), max(timestamp), 1
    FROM tributary.events WHERE user_id != '' GROUP BY project, person_key`,
  });
  const cut = await quantileOfTime(warehouse, 0.99);
  await takeAway(warehouse, cut);
  const models = await Models.read({ folder: example, warehouse, reader });
  const full = await bringUpToDate(models, cut);
  const isNew = await giveBack(warehouse);
  const refresh = await bringUpToDate(models, end / 1_000);
  const ratio = ((refresh.seconds / full.seconds) * 100).toFixed(1);
  console.log(
    `| ${count(events)} | ${count(isNew)} | ${full.seconds.toFixed(1)} | ${refresh.seconds.toFixed(1)} | ${ratio} % |`,
  );
  details.push(
    `\n${count(events)} events, by model\n\n| model | full build s | refresh s | rows written |\n|---|---:|---:|---:|`,
  );
  for (const { step, milliseconds } of full.report.steps) {
    const again = refresh.report.steps.find((other) => other.step.model === step.model);
    details.push(
      `| ${step.model} | ${(milliseconds / 1_000).toFixed(2)} | ${((again?.milliseconds ?? 0) / 1_000).toFixed(2)} | ${count(again?.rows ?? 0)} |`,
    );
  }
  await Promise.all([warehouse.close(), reader.close()]);
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function bringUpToDate(models: Models, now: number): Promise<Measured> {
  const started = performance.now();
  const plan = await models.plan({ now, words: [], task: 'run' });
  const report = await models.apply(plan, { clock: systemClock });
  const seconds = (performance.now() - started) / 1_000;
  const failed = report.steps.filter(({ state }) => state !== 'done');
  if (failed.length > 0) throw new Error(failed.map(({ error }) => error).join('\n'));
  return { seconds, rows: report.steps.reduce((sum, { rows }) => sum + rows, 0), report };
}

async function quantileOfTime(warehouse: ClickHouseClient, share: number): Promise<number> {
  const answer = await warehouse.query({
    query: `SELECT toUnixTimestamp(toDateTime(quantile(${share})(timestamp))) AS cut FROM tributary.events`,
    format: 'JSONEachRow',
  });
  const [row] = await answer.json<{ cut: number }>();
  return Number(row?.cut);
}

async function takeAway(warehouse: ClickHouseClient, cut: number): Promise<void> {
  for (const table of tables) {
    const late = `${times[table]} >= toDateTime(${cut})`;
    await warehouse.command({ query: `CREATE TABLE raw.new_${table} AS tributary.${table}` });
    await warehouse.command({
      query: `INSERT INTO raw.new_${table} SELECT * FROM tributary.${table} WHERE ${late}`,
    });
    await warehouse.command({ query: `DELETE FROM tributary.${table} WHERE ${late}` });
  }
}

/** Answers how many events came. */
async function giveBack(warehouse: ClickHouseClient): Promise<number> {
  for (const table of tables)
    await warehouse.command({
      query: `INSERT INTO tributary.${table} ${later(table)} FROM raw.new_${table}`,
    });
  const answer = await warehouse.query({
    query: 'SELECT count() AS rows FROM raw.new_events',
    format: 'JSONEachRow',
  });
  const [row] = await answer.json<{ rows: number }>();
  return Number(row?.rows);
}

/** Sessions that come later have a later version, as the pipeline gives them. */
function later(table: (typeof tables)[number]): string {
  return table === 'events' ? 'SELECT *' : 'SELECT * REPLACE (version + 1 AS version)';
}

function count(number: number): string {
  return number.toLocaleString('en');
}
