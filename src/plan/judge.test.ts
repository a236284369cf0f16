import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DecodedEvent, JsonObject } from '../contract/event.ts';
import type { PlanPolicy } from '../contract/plan.ts';
import { createPlanReader, eventOf, judgeOf } from './plan.ts';

const order: JsonObject = {
  title: 'Order Placed',
  type: 'object',
  properties: {
    plan: { enum: ['free', 'pro'] },
    total: { type: 'number', minimum: 0 },
    seats: { type: ['integer', 'null'] },
    code: { type: 'string', pattern: '^[A-Z]{2}-[0-9]+$' },
    email: { type: 'string', format: 'email' },
    tags: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    cart: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
    way: { anyOf: [{ type: 'string' }, { type: 'object', required: ['by'] }] },
  },
  required: ['plan', 'total'],
};
const good = { plan: 'pro', total: 9.5 };

function judging(schema: JsonObject = order, policy: PlanPolicy = 'mark') {
  return judgeOf({ schemas: [{ event: 'Order Placed', policy, schema }] });
}

function event(name: string, more: Partial<DecodedEvent> = {}): DecodedEvent {
  return { type: 'track', event: name, properties: {}, ...more };
}

it.each<[string, JsonObject, string]>([
  ['right', good, ''],
  ['more than planned', { ...good, seets: 3 }, ''],
  ['null where null is planned', { ...good, seats: null }, ''],
  ['missing', { total: 1 }, 'plan: is missing'],
  ['another kind', { ...good, total: '9.5' }, 'total: must be a number, is text'],
  [
    'one of several kinds',
    { ...good, seats: true },
    'seats: must be a whole number or null, is true or false',
  ],
  ['not listed', { ...good, plan: 'gold' }, 'plan: must be one of free, pro'],
  ['too small', { ...good, total: -1 }, 'total: must be >= 0'],
  ['pattern', { ...good, code: 'x' }, 'code: must match ^[A-Z]{2}-[0-9]+$'],
  ['format', { ...good, email: 'nobody' }, 'email: must be email'],
  ['in a list', { ...good, tags: ['a', 1, 2] }, 'tags[]: must be text, is a number'],
  ['twice in a list', { ...good, tags: ['a', 'a'] }, 'tags: must not hold a value twice'],
  ['deep', { ...good, cart: {} }, 'cart.id: is missing'],
  ['none of several ways', { ...good, way: 7 }, 'way: fits none of the allowed forms'],
  ['several', { plan: 'x', total: 'y' }, 'plan: must be one of free, pro\ntotal: must be a number, is text'],
])('a property that is %s', (_, properties, errors) => {
  expect(judging()(event('Order Placed'), properties)).toMatchObject({
    status: errors === '' ? 'valid' : 'violating',
    errors,
  });
});

it('nothing that the event says is repeated, and there are five lines at most', () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`p${at}`, { type: 'number' }]));
  const secret = Object.fromEntries(Object.keys(many).map((name) => [name, 'ada@example.com']));
  const { errors } = judging({ properties: many })(event('Order Placed'), secret);
  expect(errors.split('\n')).toHaveLength(6);
  expect(errors).not.toContain('ada');
  const name = `${'x\n'.repeat(300)}`;
  const closed = judging({ additionalProperties: false })(event('Order Placed'), { [name]: 1 });
  expect(closed.errors).toMatch(/^x\ufffdx.{60,90}: is not in the plan$/);
});

it('what libraries add under `$` is no other property', () => {
  const closed = judging({ ...order, additionalProperties: false });
  expect(closed(event('Order Placed'), { ...good, $lib: 'x', $browser: 'y' }).status).toBe('valid');
  expect(closed(event('Order Placed'), { ...good, seets: 1 }).errors).toBe('seets: is not in the plan');
});

it('the policy says what becomes of a violation', () => {
  const wrong = { plan: 'x', total: 1 };
  expect(judging(order, 'pass')(event('Order Placed'), wrong)).toEqual({ status: 'valid', errors: '' });
  expect(judging(order, 'mark')(event('Order Placed'), wrong).refusedBy).toBeUndefined();
  expect(judging(order, 'quarantine')(event('Order Placed'), wrong).refusedBy).toBe('Order Placed');
  expect(judging(order, 'quarantine')(event('Order Placed'), good).refusedBy).toBeUndefined();
});

it('what is not in the plan is unplanned, but for what nobody names; without any schema nothing is', () => {
  const judge = judging();
  expect(judge(event('order placed'), good).status).toBe('unplanned');
  expect(judge(event('$autocapture'), {}).status).toBe('valid');
  expect(judge(event('page', { type: 'page' }), {}).status).toBe('valid');
  expect(judgeOf({ schemas: [] })(event('anything'), {})).toEqual({ status: '', errors: '' });
});

it('a self-describing event is looked up by vendor, name and version, and its contexts too', () => {
  const lead = (version: string, type: string) => ({
    event: 'lead',
    iglu: `com.acme/lead/${version}`,
    policy: 'mark' as const,
    schema: { properties: { score: { type } } },
  });
  const judge = judgeOf({ schemas: [lead('1-0-0', 'integer'), lead('2-0-0', 'string')] });
  const at = (version: string, score: string | number, more: Partial<DecodedEvent> = {}) =>
    judge(event('lead', more), { score, $schema: `com.acme/lead/${version}` });
  expect(at('1-0-0', 7).status).toBe('valid');
  expect(at('2-0-0', 7).errors).toBe('score: must be text, is a number');
  expect(at('3-0-0', 7)).toEqual({
    status: 'unplanned',
    errors: '$schema: is not in the plan, which has 1-0-0, 2-0-0',
  });
  expect(judge(event('lead'), { score: 'high' }).status).toBe('valid');
  const contexts = [
    { schema: 'com.acme/lead/1-0-0', data: { score: 'high' } },
    { schema: 'com.other/thing/1-0-0', data: { score: 1 } },
  ];
  expect(at('1-0-0', 7, { contexts })).toMatchObject({
    status: 'violating',
    errors: 'context lead.score: must be a whole number, is text',
  });
});

it('drafts 4, 7 and 2020-12 are read by their own rules', () => {
  const tuple = {
    properties: { at: { type: 'array', items: [{ type: 'number' }], additionalItems: false } },
  };
  const seventh = judging({ $schema: 'http://json-schema.org/draft-07/schema#', ...tuple });
  expect(seventh(event('Order Placed'), { at: [1, 2] }).status).toBe('violating');
  const newest = judging({ properties: { at: { prefixItems: [{ type: 'number' }], items: false } } });
  expect(newest(event('Order Placed'), { at: [1, 2] }).status).toBe('violating');
  expect(newest(event('Order Placed'), { at: [1] }).status).toBe('valid');
  const $schema = 'http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#';
  const fourth = judging({ $schema, properties: { n: { minimum: 0, exclusiveMinimum: true } } });
  expect(fourth(event('Order Placed'), { n: 0 }).status).toBe('violating');
});

it.each([
  [{ properties: { a: { pattern: '(a)\\1' } } }, 'could be slow'],
  [{ properties: { a: { pattern: '(?=a)b' } } }, 'could be slow'],
  [{ properties: { a: { pattern: '(' } } }, 'Unterminated group'],
  [{ patternProperties: { '(a)\\1': { type: 'string' } } }, 'could be slow'],
  [{ properties: { a: { minimum: 'x' } } }, '/properties/a/minimum must be number'],
  [{ $schema: 'https://elsewhere.example/schema' }, '/$schema is not known'],
  [{ properties: { a: { $dynamicRef: '#x' } } }, '/properties/a/$dynamicRef is not taken'],
  [{ policy: 'drop' }, '/policy must be one of pass, mark, quarantine'],
  [{ owner: 7 }, '/owner must be text'],
  [{ projects: 'shop' }, '/projects must be a list'],
  [{ properties: { a: { pii: 7 } } }, '/properties/a/pii must be true'],
  [{ self: { vendor: 'com.acme', name: 'x', format: 'jsonschema', version: '1' } }, '/self/version must be'],
  [
    Object.fromEntries([
      ['properties', { a: { $ref: '#/$defs/d0' } }],
      ['$defs', Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`d${at}`, doubled(at)]))],
    ]) as JsonObject,
    'is too much',
  ],
])('a schema that could hurt or cannot be meant is refused: %#', (schema, message) => {
  expect(eventOf(JSON.stringify({ title: 'E', ...schema }), 'e.json')).toMatchObject({
    file: 'e.json',
    message: expect.stringContaining(message) as string,
  });
});

function doubled(at: number): JsonObject {
  const $ref = `#/$defs/d${at + 1}`;
  return at === 8 ? {} : { allOf: [{ $ref }, { $ref }, { $ref }, { $ref }] };
}

it('no text keeps a pattern busy, and no list the search for what is twice in it', () => {
  const judge = judging({
    properties: { a: { pattern: '^(a+)+$' }, b: { uniqueItems: true, type: 'array' } },
  });
  const list = Array.from({ length: 5_000 }, (_, at) => ({ at }));
  const verdict = judge(event('Order Placed'), { a: `${'a'.repeat(4_000)}!`, b: list });
  expect(verdict.status).toBe('violating');
});

it('what was masked before it came is no violation', () => {
  const judge = judging({
    ...order,
    properties: { email: { format: 'email' }, card: { type: 'number' }, plan: { enum: ['free'] } },
    required: [],
  });
  const masked = { email: '(email)', card: '(card)', plan: 'psk1_AAAAAAAAAAAAAAAAAAAAAA' };
  expect(judge(event('Order Placed'), masked)).toEqual({ status: 'valid', errors: '' });
  expect(judge(event('Order Placed'), { ...masked, card: 'x' }).errors).toBe(
    'card: must be a number, is text',
  );
});

it('the same text is read once', () => {
  const read = createPlanReader();
  const text = JSON.stringify({ hash: '', schemas: [{ event: 'E', policy: 'mark', schema: {} }] });
  expect(read(text)).toBe(read(text));
});

it('whatever an event holds, it is judged', () => {
  const judge = judging({ ...order, additionalProperties: false }, 'quarantine');
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (properties) => {
      const { status, errors } = judge(event('Order Placed'), properties as JsonObject);
      expect(status === 'valid' ? errors : '').toBe('');
      expect(errors.length).toBeLessThan(1_000);
    }),
  );
});
