import type { ClickHouseClient } from '@clickhouse/client';
import type { JsonObject } from '../contract/event.ts';
import type { Clock } from '../runtime/clock.ts';
import { ask } from './ask.ts';
import { Parameters } from './parameters.ts';
import { runsOf } from './sample.ts';

const day = 86_400_000;
const wanted = 5_000;
/** Characters of properties that are read of one event. */
const longest = 16_384;

/** Properties of events of the last days: all when they are few, else some of them. Nulls in them are lost. */
export async function eventSamples(
  warehouse: ClickHouseClient,
  clock: Clock,
  { project, event, days }: { project: string; event: string; days: number },
): Promise<JsonObject[]> {
  const where = (parameters: Parameters): string =>
    `project = ${parameters.project} AND event = ${parameters.add('String', event)}
      AND timestamp >= fromUnixTimestamp64Milli(${parameters.add('Int64', clock.now() - days * day)})`;
  const counting = new Parameters(project);
  const [counted] = await ask<{ count: number }>(
    warehouse,
    `SELECT count() AS count FROM tributary.events WHERE ${where(counting)}`,
    counting,
  );
  const parameters = new Parameters(project);
  const rows = await ask<{ properties: string }>(
    warehouse,
    `SELECT toString(properties) AS properties FROM tributary.events
    WHERE ${where(parameters)} AND ${runsOf(counted?.count ?? 0, wanted).sql} AND length(toString(properties)) <= ${longest} LIMIT ${2 * wanted}`,
    parameters,
  );
  return rows.map(({ properties }) => JSON.parse(properties) as JsonObject); // the warehouse keeps only JSON in this column
}
