import type { RewindDifference, RewindMetrics } from '../contract/rewind.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import { compareRows } from './compare-rows.ts';
import { inRange, parametersOf, rowsOf, type Scope } from './tables.ts';
import { shadowVisits, visitsNow } from './visits.ts';

const mostNames = 200;
const mostDays = 400;

export interface CompareOptions {
  readonly warehouse: ClickHouseClient;
  readonly database: string;
  readonly scope: Scope;
  readonly now: number;
  readonly signal: AbortSignal;
}

/** What the tables say of the range, beside what the shadow says. */
export async function compare(options: CompareOptions): Promise<RewindDifference> {
  const { now } = options;
  const days = await compareDays(options);
  const [total] = await compareDays(options, "''");
  return {
    comparedAt: now,
    total: total?.metrics ?? nothing(),
    days: days.slice(-mostDays).map(({ day, metrics }) => ({ day, ...metrics })),
    names: await compareNames(options),
    quarantine: await compareQuarantine(options),
    ...(await compareRows(options)),
  };
}

type Metric = keyof RewindMetrics;
const metricNames: readonly Metric[] = [
  'events',
  'persons',
  'sessions',
  'pageViews',
  'revenue',
  'quarantined',
  'logs',
];

function nothing(): RewindMetrics {
  return Object.fromEntries(metricNames.map((name) => [name, { before: 0, after: 0 }])) as RewindMetrics;
}

/** A table's rows of the range on both sides, with `side` 0 for what is there and 1 for the shadow. */
function bothSides(database: string, table: string, columns: string): string {
  return `(SELECT 0 AS side, ${columns} FROM tributary.${table} WHERE ${inRange()}
    UNION ALL SELECT 1 AS side, ${columns} FROM ${database}.${table} WHERE ${inRange()})`;
}

interface Day {
  readonly day: string;
  readonly metrics: RewindMetrics;
}

/** `key`: SQL of what rows are grouped by; the day by default. */
async function compareDays(options: CompareOptions, key?: string): Promise<Day[]> {
  const { warehouse, database, scope } = options;
  const day = (column: string): string => `${key ?? `toString(toDate(${column}))`} AS day`;
  const events = bothSides(database, 'events', `${day('timestamp')}, person_id, type, revenue`);
  const of = (side: 0 | 1, name: string): string => `countIf(side = ${side}) AS events_${name},
    uniqExactIf(person_id, side = ${side} AND person_id != 0) AS persons_${name},
    countIf(side = ${side} AND type IN ('page', 'screen')) AS pageViews_${name},
    round(ifNull(sumIf(revenue, side = ${side}), 0), 4) AS revenue_${name}`;
  const counted = (both: string, metric: Metric): Promise<Found[]> =>
    rowsOf(
      warehouse,
      `SELECT day, countIf(side = 0) AS ${metric}_before, countIf(side = 1) AS ${metric}_after FROM ${both} GROUP BY day`,
      parametersOf(scope),
    );
  const started = day('started_at');
  const sessions = `(SELECT 0 AS side, ${started} FROM tributary.sessions FINAL WHERE project = {project:String} AND session_id IN (${visitsNow})
    UNION ALL SELECT 1 AS side, ${started} FROM ${database}.sessions FINAL WHERE session_id IN (${shadowVisits(database)}))`;
  const days = new Map<string, RewindMetrics>();
  const found = [
    await rowsOf<Found>(
      warehouse,
      `SELECT day, ${of(0, 'before')}, ${of(1, 'after')} FROM ${events} GROUP BY day`,
      parametersOf(scope),
    ),
    await counted(bothSides(database, 'quarantine', day('received_at')), 'quarantined'),
    await counted(bothSides(database, 'logs', day('timestamp')), 'logs'),
    await counted(sessions, 'sessions'),
  ];
  for (const { day: name, ...values } of found.flat()) {
    const metrics = days.get(name) ?? nothing();
    days.set(name, metrics);
    for (const metric of metricNames) {
      if (!(`${metric}_before` in values)) continue;
      metrics[metric].before = Number(values[`${metric}_before`]);
      metrics[metric].after = Number(values[`${metric}_after`]);
    }
  }
  return [...days]
    .map(([name, metrics]) => ({ day: name, metrics }))
    .toSorted((one, other) => (one.day < other.day ? -1 : 1));
}

type Found = { readonly day: string } & Record<string, string | number>;

async function compareNames({
  warehouse,
  database,
  scope,
}: CompareOptions): Promise<RewindDifference['names']> {
  return rowsOf(
    warehouse,
    `SELECT event, countIf(side = 0) AS before, countIf(side = 1) AS after
     FROM ${bothSides(database, 'events', 'event')} GROUP BY event
     ORDER BY before != after DESC, greatest(before, after) DESC, event LIMIT ${mostNames}`,
    parametersOf(scope),
  );
}

async function compareQuarantine({
  warehouse,
  database,
  scope,
}: CompareOptions): Promise<RewindDifference['quarantine']> {
  return rowsOf(
    warehouse,
    `SELECT stage, reason, countIf(side = 0) AS before, countIf(side = 1) AS after
     FROM ${bothSides(database, 'quarantine', 'stage, reason')} GROUP BY stage, reason
     ORDER BY before != after DESC, greatest(before, after) DESC, reason LIMIT ${mostNames}`,
    parametersOf(scope),
  );
}
