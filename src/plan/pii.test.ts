import { expect, it } from 'vitest';
import { personalProperties } from './plan.ts';

it('what the plan marks as personal is found wherever it is, in all versions of an event', () => {
  const marked = personalProperties([
    {
      event: 'Paid',
      schema: {
        properties: {
          email: { type: 'string', pii: 'email' },
          total: { type: 'number', pii: false },
          buyer: { $ref: '#/$defs/person' },
          guests: { type: 'array', items: { anyOf: [{ $ref: '#/$defs/person' }, { type: 'string' }] } },
        },
        $defs: { person: { properties: { name: { pii: true } } } },
      },
    },
    { event: 'Paid', schema: { properties: { card: { pii: 'card' }, email: { pii: 'email' } } } },
    { event: 'Seen', schema: { properties: { path: { type: 'string' } } } },
  ]);
  expect([...marked.keys()]).toEqual(['Paid']);
  expect(marked.get('Paid')).toEqual([
    { path: ['email'], kind: 'email' },
    { path: ['buyer', 'name'], kind: 'personal' },
    { path: ['guests', '[]', 'name'], kind: 'personal' },
    { path: ['card'], kind: 'card' },
  ]);
});
