import { expect, test } from 'vitest';
import type { EnrichBatch } from '../../contract/pipeline.ts';
import type { PlanPolicy, PlanSet } from '../../contract/plan.ts';
import { createPlanReader } from '../../plan/plan.ts';
import { createEnricher } from '../enrich.ts';
import { itemOf } from '../items.fixture.ts';
import { openSqliteState } from '../state/sqlite.ts';

function planOf(policy: PlanPolicy): PlanSet {
  const schema = { properties: { plan: { type: 'string' } }, required: ['plan'] };
  return { hash: policy, schemas: [{ event: 'Plan Chosen', policy, schema }] };
}

const good = { event: 'Plan Chosen', properties: { plan: 'pro' } };
const wrong = { event: 'Plan Chosen', properties: { plan: 7 } };

function pipeline() {
  const state = openSqliteState(':memory:');
  let next = 1;
  const run = async (...[items, lines, commands]: Parameters<EnrichBatch>) => {
    // a new one each time: what it knows of plans comes from state alone
    const { enrich } = createEnricher({ state, readPlan: createPlanReader() });
    const batch = await enrich(items, lines, commands);
    next += 1;
    await state.commit(next, batch.changes);
    return batch;
  };
  const command = (plan: PlanSet) => [
    { record: itemOf({}).record, by: 'u1', command: { kind: 'plan' as const, plan } },
  ];
  return { run, command };
}

test('a plan holds from its place in the log on, whoever reads it again, until another one comes', async () => {
  const { run, command } = pipeline();
  const before = await run([itemOf(wrong)]);
  expect(before.events.map(({ plan_status, plan_errors }) => [plan_status, plan_errors])).toEqual([['', '']]);
  await run([], [], command(planOf('mark')));
  const after = await run([itemOf(good), itemOf(wrong), itemOf({ event: 'Other' })]);
  expect(after.events.map(({ plan_status, plan_errors }) => [plan_status, plan_errors])).toEqual([
    ['valid', ''],
    ['violating', 'plan: must be text, is a number'],
    ['unplanned', ''],
  ]);
  await run([], [], command({ hash: '', schemas: [] }));
  const none = await run([itemOf(wrong)]);
  expect(none.events.map(({ plan_status }) => plan_status)).toEqual(['']);
});

test('what its schema wants there goes to quarantine whole, with the schema’s name, and leaves nobody behind', async () => {
  const { run, command } = pipeline();
  const batch = await run(
    [itemOf({ ...wrong, anonymousId: 'a1' }), itemOf(good)],
    [],
    command(planOf('quarantine')),
  );
  expect(batch.events.map(({ plan_status }) => plan_status)).toEqual(['valid']);
  expect(batch.failures.map(({ failure }) => failure)).toEqual([
    {
      stage: 'enrich',
      reason: 'does not fit the plan: Plan Chosen',
      detail: 'plan: must be text, is a number',
      payload: expect.stringContaining('"plan":7') as string,
    },
  ]);
  expect(batch.persons).toEqual([]);
});

test('an identify call is judged by the traits that it shows', async () => {
  const { run, command } = pipeline();
  const schema = { properties: { seats: { type: 'integer' } } };
  const schemas = [{ event: 'identify', policy: 'mark' as const, schema }];
  const call = {
    type: 'identify' as const,
    event: 'identify',
    userId: 'u',
    person: { set: { seats: 'many' } },
  };
  const batch = await run([itemOf(call)], [], command({ hash: '1', schemas }));
  expect(batch.events.map(({ plan_errors }) => plan_errors)).toEqual([
    'seats: must be a whole number, is text',
  ]);
});
