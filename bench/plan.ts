// What the tracking plan costs an event: nanoseconds for schemas of a few kinds, the best of many rounds.
import type { DecodedEvent, JsonObject } from '../src/contract/event.ts';
import { judgeOf } from '../src/plan/plan.ts';

const rounds = 200;
const events = 2_000;

const types: JsonObject = {
  plan: { enum: ['free', 'pro'] },
  total: { type: 'number', minimum: 0 },
  seats: { type: 'integer' },
  name: { type: 'string', maxLength: 200 },
  paid: { type: 'boolean' },
  cart: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
};
const texts: JsonObject = {
  code: { type: 'string', pattern: '^[A-Z]{2}-[0-9]+$' },
  email: { type: 'string', format: 'email' },
};
const properties = {
  plan: 'pro',
  total: 9.5,
  seats: 3,
  name: 'Ada Lovelace',
  paid: true,
  cart: { id: 'c1' },
  code: 'AB-123',
  email: 'ada@example.com',
};

function measure(schema: JsonObject, given: JsonObject, name = 'Order'): number {
  const judge = judgeOf({ schemas: [{ event: 'Order', policy: 'mark', schema }] });
  const event: DecodedEvent = { type: 'track', event: name, properties: given };
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const started = process.hrtime.bigint();
    for (let at = 0; at < events; at++) judge(event, given);
    best = Math.min(best, Number(process.hrtime.bigint() - started) / events);
  }
  return Math.round(best);
}

const required = ['plan', 'total'];
const all = { properties: { ...types, ...texts }, required };
process.stdout.write(
  `types and an enum        ${measure({ properties: types, required }, properties)} ns
with pattern and format  ${measure(all, properties)} ns
no other properties      ${measure({ ...all, additionalProperties: false }, properties)} ns
violating                ${measure(all, { ...properties, total: 'x' })} ns
unplanned                ${measure(all, properties, 'Other')} ns
`,
);
