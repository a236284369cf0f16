import type { ClickHouseClient } from '@clickhouse/client';
import type { Clock } from '../runtime/clock.ts';
import { ask } from './ask.ts';
import { Parameters } from './parameters.ts';
import { propertiesOf } from './profile.ts';
import { type Conditions, eventsFrom, eventsWhere } from './scope.ts';

const now = 5 * 60_000;

/** People with an event in the last five minutes (by the time of the event). */
export async function peopleNow(
  warehouse: ClickHouseClient,
  clock: Clock,
  project: string,
  conditions: Conditions,
): Promise<number> {
  const parameters = new Parameters(project);
  const end = clock.now() + 1;
  const span = { start: end - now, end };
  const rows = await ask<{ people: number }>(
    warehouse,
    `SELECT uniqExact(person_id) AS people FROM ${eventsFrom(propertiesOf(conditions.filters), span, parameters)}
    WHERE ${eventsWhere(conditions, span, parameters)}`,
    parameters,
  );
  return rows[0]?.people ?? 0;
}
