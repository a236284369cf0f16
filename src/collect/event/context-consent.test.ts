import { expect, test } from 'vitest';
import type { JsonObject } from '../../contract/event.ts';
import { consentOfContext } from './context-consent.ts';

test.each<[string, JsonObject]>([
  ['a list that is empty', { consent: { categoryPreferences: {} } }],
  ['something else under the name', { consent: 'yes', consentManagement: [1] }],
  ['answers that are none', { consent: { categoryPreferences: { Analytics: 'maybe' } } }],
])('%s says nothing', (_, context) => {
  expect(consentOfContext(context)).toBeUndefined();
});
