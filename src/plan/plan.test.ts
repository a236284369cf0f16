import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readPlan } from './plan.ts';
import { planTypes } from './types.ts';

function planOf(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-plan-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

const order = {
  title: 'Order Placed',
  description: 'A customer has paid.',
  type: 'object',
  properties: { plan: { enum: ['free', 'pro'] }, total: { $ref: '#/$defs/money' } },
  required: ['plan'],
  $defs: { money: { title: 'Money', type: 'number' } },
};

it('an event is called by its title, by Iglu’s name, or by the last part of its id', () => {
  const folder = planOf({
    'order.json': order,
    'com.acme/lead/jsonschema/1-0-0.json': {
      $schema: 'http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#',
      self: { vendor: 'com.acme', name: 'lead_captured', format: 'jsonschema', version: '1-0-0' },
      type: 'object',
    },
    'paid.json': { $id: 'https://acme.example/schemas/invoice_paid.schema.json' },
    'readme.md': 'not a schema',
  });
  expect(readPlan(folder).map(({ name, file }) => [name, file])).toEqual([
    ['lead_captured', 'com.acme/lead/jsonschema/1-0-0.json'],
    ['Order Placed', 'order.json'],
    ['invoice_paid', 'paid.json'],
  ]);
});

it.each([
  ['{"title":', 'a.json: not JSON'],
  [[], 'a.json: the schema must be an object'],
  [{ type: 'object' }, 'a.json: has no "title"'],
  [{ title: 'x'.repeat(201) }, 'a.json: /title is longer than 200'],
  [{ title: 'E', type: 'string' }, 'a.json: /type must be "object"'],
  [{ title: 'E', properties: [] }, 'a.json: /properties must be an object'],
  [{ title: 'E', properties: { a: { type: 'text' } } }, 'a.json: /properties/a/type must be one of string'],
  [{ title: 'E', properties: { a: { enum: [] } } }, 'a.json: /properties/a/enum must be a list'],
  [{ title: 'E', properties: { a: 7 } }, 'a.json: /properties/a must be a schema'],
  [{ title: 'E', properties: {}, required: ['b'] }, 'a.json: /required/0 "b" is not among the properties'],
  [{ title: 'E', properties: { a: { items: { type: 'x' } } } }, 'a.json: /properties/a/items/type must be'],
  [
    { title: 'E', properties: { a: { $ref: 'https://elsewhere.example' } } },
    '/properties/a/$ref must point into',
  ],
  [{ title: 'E', properties: { a: { $ref: '#/$defs/none' } } }, '/properties/a/$ref must point into'],
  [{ title: 'E', properties: { a: { $ref: '#' } } }, '/properties/a/$ref must point into'],
  [{ title: 'E', properties: { a: { $ref: '#/properties/a' } } }, 'refers to itself'],
])('%j is refused with its file and place', (schema, message) => {
  expect(() => readPlan(planOf({ 'a.json': schema }))).toThrow(message);
});

it('all faults are told at once, and so is a name that is given twice', () => {
  const folder = planOf({ 'a.json': order, 'b.json': order, 'c.json': '{' });
  expect(() => readPlan(folder)).toThrow(
    /b\.json: the event "Order Placed" is in a\.json already\nc\.json: not JSON/,
  );
  expect(() => readPlan(join(folder, 'none'))).toThrow('there is no tracking plan');
});

it('types have what the schema says, a name of their own each, and nothing twice', async () => {
  const source = await planTypes(
    readPlan(
      planOf({
        'a.json': order,
        'b.json': { ...order, title: 'order-placed' },
        'c.json': {
          title: '2nd visit',
          properties: { title: { type: 'string', title: 'The title' }, tags: { items: { type: 'string' } } },
        },
        'd.json': { title: 'Anything', additionalProperties: true },
      }),
    ),
  );
  expect(source).toContain('export interface OrderPlaced');
  expect(source).toMatch(/"Order Placed": ?OrderPlaced/);
  expect(source).toContain('A customer has paid.');
  expect(source).toMatch(/plan: ?\("free" \| "pro"\)/);
  expect(source).toMatch(/total\?: ?number/);
  expect(source).toMatch(/"2nd visit": ?Event2NdVisit|"2nd visit": ?Event2ndVisit/);
  expect(source).toMatch(/title\?: ?string/);
  const interfaces = [...source.matchAll(/export interface (\w+)/g)].map(([, name]) => name);
  expect(new Set(interfaces).size).toBe(interfaces.length);
});
