import { expect, test } from 'vitest';
import { enriched, itemOf } from '../items.fixture.ts';
import { Memory } from '../memory.ts';
import { addProperty, draftOf } from '../step.ts';
import { propertiesStep } from './properties.ts';

test('properties are JSON text, and what enrichment adds stands beside them', () => {
  const draft = draftOf(itemOf({ properties: { plan: 'team', n: [1, null] } }));
  addProperty(draft, '$gclid', 'abc');
  propertiesStep.run(draft, new Memory(1));
  expect(draft.row.properties).toBe('{"plan":"team","n":[1,null],"$gclid":"abc"}');
});

test('traits are shown as the properties of identify and group', () => {
  expect(
    enriched([propertiesStep], { type: 'identify', person: { set: { plan: 'free' } } }).row.properties,
  ).toBe('{"plan":"free"}');
  expect(
    enriched([propertiesStep], { type: 'track', person: { set: { plan: 'free' } } }).row.properties,
  ).toBe('{}');
});

test('more than a megabyte of properties is a failure of the event', () => {
  const draft = draftOf(itemOf({ properties: { text: 'x'.repeat(1_100_000) } }));
  expect(propertiesStep.run(draft, new Memory(1))).toMatchObject({ fail: 'properties too large' });
});
