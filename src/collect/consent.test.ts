import { expect, test } from 'vitest';
import type { LogRecord } from '../contract/request.ts';
import { only, recordOf } from './record.fixture.ts';

const ours = (item: object, batch: object = {}): LogRecord =>
  recordOf('tributary', '/t', {
    visitor: 'today',
    body: { ...batch, e: [{ t: 'track', n: 'Seen', a: 'a1', ...item }] },
  });
const google = (gcs: string): LogRecord =>
  recordOf('ga4', '/g/collect', { query: `v=2&tid=G-1&en=seen&cid=1.2${gcs}`, visitor: 'today' });
const segment = (context: object): LogRecord =>
  recordOf('segment', '/v1/track', { body: { event: 'Seen', anonymousId: 'a1', context } });
const rudder = (context: object): LogRecord =>
  recordOf('rudderstack', '/v1/track', {
    body: { event: 'Seen', type: 'track', anonymousId: 'a1', context },
  });
const posthog = (more: object): LogRecord =>
  recordOf('posthog', '/e', { visitor: 'today', body: [{ event: 'Seen', distinct_id: 'd1', ...more }] });

test.each<[string, LogRecord, string | undefined]>([
  ['our tracker: yes', ours({ c: 'granted' }), 'granted'],
  ['our tracker: no', ours({ c: 'denied' }), 'denied'],
  ['our tracker: without an id', ours({ a: undefined, c: 'anonymous' }), 'anonymous'],
  ['our tracker: for the whole batch', ours({}, { c: 'denied' }), 'denied'],
  ['our tracker: the event knows better than its batch', ours({ c: 'granted' }, { c: 'denied' }), 'granted'],
  ['our tracker: nothing', ours({}), undefined],
  ['our tracker: a word that is none', ours({ c: 'perhaps' }), undefined],
  ['Google: everything', google('&gcs=G111'), 'granted'],
  ['Google: all but advertising', google('&gcs=G101'), 'granted'],
  ['Google: not for analytics', google('&gcs=G100'), 'anonymous'],
  ['Google: without consent mode', google(''), undefined],
  ['PostHog: without cookies', posthog({ distinct_id: '$posthog_cookieless' }), 'anonymous'],
  ['PostHog: with them', posthog({}), undefined],
  [
    'Segment: one category',
    segment({ consent: { categoryPreferences: { Advertising: false, Analytics: true } } }),
    'granted',
  ],
  [
    'Segment: none',
    segment({ consent: { categoryPreferences: { Advertising: false, Analytics: false } } }),
    'denied',
  ],
  ['Segment: nothing', segment({}), undefined],
  [
    'RudderStack: some',
    rudder({ consentManagement: { allowedConsentIds: ['C0002'], deniedConsentIds: ['C0004'] } }),
    'granted',
  ],
  [
    'RudderStack: none',
    rudder({ consentManagement: { allowedConsentIds: [], deniedConsentIds: ['C0002'] } }),
    'denied',
  ],
  ['RudderStack: nothing', rudder({}), undefined],
])('%s', (_, record, expected) => {
  expect(only(record).consent).toBe(expected);
});
