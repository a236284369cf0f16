import type { ClickHouseClient } from '@clickhouse/client';
import { propertyPrefix } from '../contract/columns.ts';
import type { Output, ParsedInput } from '../contract/endpoints.ts';
import type { Clock } from '../runtime/clock.ts';
import { ask } from './ask.ts';
import { everything } from './counted.ts';
import { expressionOf } from './expression.ts';
import { Parameters } from './parameters.ts';
import { type PropertyKind, PropertyPaths } from './property-paths.ts';
import { instantsOf, type Span } from './range.ts';
import { eventsShowing, eventsWhere, matchSql } from './scope.ts';

const day = 86_400_000;
/** Bots fill the catalog too: whoever looks for what they send must find it. */
const everyEvent = { filters: [], includeBots: true, rules: everything };
/** Rows read of a property to learn its paths or its frequent values. */
const sampleRows = { paths: 5_000, values: 300_000 };

/** Event names of the last 90 days, most frequent first. */
export async function eventNames(
  warehouse: ClickHouseClient,
  clock: Clock,
  input: ParsedInput<'eventNames'>,
): Promise<Output<'eventNames'>> {
  const parameters = new Parameters(input.project);
  const events = await ask<{ event: string; type: string; count: number }>(
    warehouse,
    `SELECT event, any(type) AS type, count() AS count FROM tributary.events
    WHERE ${eventsWhere(everyEvent, lastDays(clock, 90), parameters)}
    GROUP BY event ORDER BY count DESC, event LIMIT 2000`,
    parameters,
  );
  return { events };
}

/**
 * Property paths of the last 30 days with their kind. Learnt from a sample of the events, so a property that is rare
 * among many events shows only when its event is asked for; `count` is within the sample.
 */
export async function propertyNames(
  warehouse: ClickHouseClient,
  clock: Clock,
  input: ParsedInput<'propertyNames'>,
): Promise<Output<'propertyNames'>> {
  const span = lastDays(clock, 30);
  const event = { event: input.event || '*', filters: [] };
  const blocks = await sampleOf(warehouse, input.project, span, event.event, sampleRows.paths);
  const parameters = new Parameters(input.project);
  const rows = await ask<{ properties: string }>(
    warehouse,
    `SELECT toString(properties) AS properties FROM tributary.events
    WHERE ${eventsWhere(everyEvent, span, parameters)} AND ${matchSql(event, parameters)} AND ${blocks.sql}
    LIMIT ${sampleRows.paths * 2}`,
    parameters,
  );
  const paths = new PropertyPaths();
  for (const row of rows) paths.add(row.properties);
  return {
    properties: paths
      .list()
      .map(({ path, kind, count }: { path: string; kind: PropertyKind; count: number }) => ({
        path: `${propertyPrefix}${path}`,
        kind,
        count,
      })),
    traits: await traitNames(warehouse, input.project),
  };
}

/** Traits of persons and accounts, those of most profiles first; `kind` is `number` when every value was one. */
async function traitNames(
  warehouse: ClickHouseClient,
  project: string,
): Promise<Output<'propertyNames'>['traits']> {
  const parameters = new Parameters(project);
  return await ask(
    warehouse,
    `SELECT if(key = 0, 'account', 'person') AS of, trait AS name, uniq(id) AS count,
      if(countIf(value != '' AND toFloat64OrNull(value) IS NULL) = 0, 'number', 'text') AS kind
    FROM tributary.profile_history WHERE project = ${parameters.project}
    GROUP BY of, name ORDER BY of DESC, count DESC, name LIMIT 500`,
    parameters,
  );
}

/**
 * The hundred most frequent values of a column or property that contain `search`, by default of the last 30 days.
 * Counts of properties are estimates (from a sample, multiplied) when there are many events; those of columns are exact.
 */
export async function propertyValues(
  warehouse: ClickHouseClient,
  clock: Clock,
  input: ParsedInput<'propertyValues'>,
): Promise<Output<'propertyValues'>> {
  const expression = expressionOf(input.property);
  const span = input.range ? instantsOf(input.range) : lastDays(clock, 30);
  const event = { event: input.event || '*', filters: [] };
  const sample = input.property.startsWith(propertyPrefix)
    ? await sampleOf(warehouse, input.project, span, event.event, sampleRows.values)
    : { sql: '1', share: 1 };
  const parameters = new Parameters(input.project);
  const search = input.search
    ? `positionCaseInsensitiveUTF8(value, ${parameters.add('String', input.search)}) > 0`
    : '1';
  const values = await ask<{ value: string; count: number }>(
    warehouse,
    `SELECT ${expression.text} AS value, toUInt64(round(count() / ${sample.share})) AS count
    FROM ${eventsShowing(everyEvent, input.property, [], span, parameters)}
    WHERE ${eventsWhere(everyEvent, span, parameters)} AND ${matchSql(event, parameters)} AND ${sample.sql}
      AND value != '' AND ${search}
    GROUP BY value ORDER BY count DESC, value LIMIT 100`,
    parameters,
  );
  return { values };
}

function lastDays(clock: Clock, days: number): Span {
  // a client's clock may run a little ahead
  return { start: clock.now() - days * day, end: clock.now() + day };
}

/**
 * A condition that keeps about so many rows, in runs of neighbours: the engine then reads only the blocks of
 * the wide columns that have such a run, while a random choice would read nearly all.
 */
async function sampleOf(
  warehouse: ClickHouseClient,
  project: string,
  span: Span,
  event: string,
  rows: number,
): Promise<{ readonly sql: string; readonly share: number }> {
  const parameters = new Parameters(project);
  const counted = await ask<{ count: number }>(
    warehouse,
    `SELECT count() AS count FROM tributary.events
    WHERE ${eventsWhere(everyEvent, span, parameters)} AND ${matchSql({ event, filters: [] }, parameters)}`,
    parameters,
  );
  const count = counted[0]?.count ?? 0;
  if (count <= rows) return { sql: '1', share: 1 };
  const run = 128;
  const every = Math.ceil((run * count) / rows);
  return { sql: `_part_offset % ${every} < ${run}`, share: run / every };
}
