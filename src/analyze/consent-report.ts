import type { ClickHouseClient } from '@clickhouse/client';
import type { ConsentReport } from '../contract/counting-endpoints.ts';
import type { ParsedInput } from '../contract/endpoints.ts';
import type { Clock } from '../runtime/clock.ts';
import { ask } from './ask.ts';
import { everything } from './counted.ts';
import { Parameters } from './parameters.ts';
import { eventsWhere } from './scope.ts';

const day = 86_400_000;

/** How much of the last days each rule of consent and of the tracking plan is about. */
export async function consentReport(
  warehouse: ClickHouseClient,
  clock: Clock,
  { days, project }: ParsedInput<'consents'>,
): Promise<ConsentReport> {
  const end = clock.now() + 1;
  const by = async (column: 'consent' | 'plan_status') => {
    const parameters = new Parameters(project);
    const all = { filters: [], includeBots: true, rules: everything };
    const where = eventsWhere(all, { start: end - days * day, end }, parameters);
    return await ask<{ said: string; events: number; people: number }>(
      warehouse,
      `SELECT ${column} AS said, count() AS events, uniqExact(person_id) AS people FROM tributary.events
      WHERE ${where} GROUP BY said ORDER BY events DESC`,
      parameters,
    );
  };
  const [consents, plan] = await Promise.all([by('consent'), by('plan_status')]);
  return {
    consents: consents.map(({ said, ...counts }) => ({ consent: said, ...counts })),
    plan: plan.map(({ said, ...counts }) => ({ status: said, ...counts })),
  };
}
