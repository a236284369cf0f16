import { createRequire } from 'node:module';
import { createInstance, Identify, Revenue } from '@amplitude/analytics-node';
import { Umami } from '@umami/node';
import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../contract/request.ts';
import { TributaryError } from '../runtime/errors.ts';
import { collectorTests } from './collector-under-test.ts';
import { decodeNow } from './decode-now.fixture.ts';
import { keyOf } from './record.fixture.ts';

const startCollector = await collectorTests();
const require = createRequire(import.meta.url);

type Ga4mp = (
  ids: string[],
  options: object,
) => { trackEvent(name: string, params?: object): void; setUserProperty(name: string, value: string): void };
const ga4mp = require('@analytics-debugger/ga4mp/dist/ga4mp.umd.js') as Ga4mp;

interface Matomo {
  track(options: object): void;
  trackBulk(events: object[], done: (answer: string) => void): void;
}
const MatomoTracker = require('matomo-tracker') as new (site: string | number, url: string) => Matomo;

const eventsOf = (records: readonly LogRecord[]) => records.flatMap((record) => decodeNow(record).events);

/** A collector that tells when it has so many requests on disk. */
async function collectorWith(over: Parameters<typeof startCollector>[0] = {}) {
  const collector = await startCollector({ keyOf, ...over });
  return {
    ...collector,
    url: `http://127.0.0.1:${collector.port}`,
    kept: async (count: number) => {
      await expect.poll(() => collector.records().length, { timeout: 20_000 }).toBe(count);
      return eventsOf(collector.records());
    },
  };
}

describe('GA4', () => {
  it('@analytics-debugger/ga4mp delivers views, events, sales and what is known of the person', async () => {
    const { url, kept } = await collectorWith();
    const tracker = ga4mp(['wk_one'], {
      endpoint: `${url}/g/collect`,
      mode: 'node',
      client_id: '111.222',
      user_id: 'u1',
      session_id: '1795300912',
      user_ip_address: '198.51.100.77',
    });
    tracker.setUserProperty('plan', 'pro');
    tracker.trackEvent('page_view', { page_location: 'https://e.x/', page_title: 'T' });
    tracker.trackEvent('purchase', {
      transaction_id: 't1',
      value: 19,
      currency: 'EUR',
      items: [{ item_id: 's1', item_name: 'Hat', price: 9.5, quantity: 2, color: 'red' }],
    });
    const events = await kept(2);
    expect(events.toSorted((a, b) => a.type.localeCompare(b.type))).toMatchObject([
      { type: 'page', url: 'https://e.x/', title: 'T', person: { set: { plan: 'pro' } } },
      {
        event: 'purchase',
        revenue: 19,
        currency: 'EUR',
        orderId: 't1',
        items: [{ id: 's1', name: 'Hat', price: 9.5, quantity: 2 }],
      },
    ]);
    for (const event of events) {
      expect(event).toMatchObject({
        userId: 'u1',
        anonymousId: '111.222',
        clientSessionId: '1795300912',
        address: '198.51.100.0',
        userAgent: undefined,
      });
    }
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  });
});

describe('Amplitude', () => {
  async function client(serverUrl: string, key = 'wk_one') {
    const amplitude = createInstance();
    await amplitude.init(key, { serverUrl, flushQueueSize: 100, flushIntervalMillis: 10, flushMaxRetries: 5 })
      .promise;
    return amplitude;
  }

  it.each(['/2/httpapi', '/batch'])('@amplitude/analytics-node delivers to %s, once', async (path) => {
    const { url, kept, records } = await collectorWith();
    const amplitude = await client(`${url}${path}`);
    const who = { user_id: 'user12345', device_id: 'dev123456' };
    const done = [
      amplitude.track('Watched', { minutes: 3 }, { ...who, ip: '198.51.100.77' }),
      amplitude.identify(new Identify().set('plan', 'pro').add('logins', 1).unset('old'), who),
      amplitude.groupIdentify('org', 'acme', new Identify().set('seats', 5), who),
      amplitude.setGroup('org', 'acme', who),
      amplitude.revenue(new Revenue().setProductId('p').setQuantity(2).setPrice(3), who),
    ];
    const results = await Promise.all(done.map(({ promise }) => promise));
    expect(results.map(({ code }) => code)).toEqual([200, 200, 200, 200, 200]);
    await amplitude.flush().promise;
    const events = await kept(records().length);
    expect(events).toMatchObject([
      {
        event: 'Watched',
        userId: 'user12345',
        anonymousId: 'dev123456',
        address: '198.51.100.0',
        properties: { minutes: 3 },
      },
      { type: 'identify', person: { set: { plan: 'pro' }, add: { logins: 1 }, unset: ['old'] } },
      { type: 'group', accountId: 'acme', accountKind: 'org', account: { set: { seats: 5 } } },
      { type: 'group', accountId: 'acme', userId: 'user12345', person: { set: { org: 'acme' } } },
      { event: 'revenue_amount', revenue: 6, items: [{ id: 'p', price: 3, quantity: 2 }] },
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(5);
  });

  it('it drops what has an unknown key after one try', async () => {
    const { url, records, metrics } = await collectorWith();
    const amplitude = await client(`${url}/2/httpapi`, 'nobody');
    const result = await amplitude.track('Watched', {}, { user_id: 'user12345' }).promise;
    expect(result).toMatchObject({ code: 400, message: expect.stringContaining('Invalid API key') });
    await amplitude.flush().promise;
    expect(records()).toEqual([]);
    expect(metrics.toString()).toContain('{protocol="amplitude",outcome="unknown-key"} 1');
  });

  it('it sends again what could not be kept, under the same id', async () => {
    const ids: (string | undefined)[] = [];
    const { url } = await collectorWith({
      log: {
        append: (request) => {
          ids.push(...eventsOf([{ ...request, offset: 1 }]).map(({ id }) => id));
          return ids.length > 1
            ? Promise.resolve()
            : Promise.reject(new TributaryError('disk-full', 'the disk is full'));
        },
        close: () => Promise.resolve(),
      },
    });
    const amplitude = await client(`${url}/2/httpapi`);
    const result = await amplitude.track('Watched', {}, { user_id: 'user12345' }).promise;
    expect(result.code).toBe(200);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(ids[1]);
  });
});

describe('Matomo', () => {
  it('matomo-tracker delivers single events and many, and is told how many', async () => {
    const { url, kept } = await collectorWith();
    const tracker = new MatomoTracker('wk_one', `${url}/matomo.php`);
    tracker.track({
      url: 'https://e.x/p',
      action_name: 'P',
      uid: 'u1',
      cip: '198.51.100.77',
      token_auth: 'secret',
      ua: 'Theirs/2',
    });
    await kept(1);
    const answer = await new Promise<string>((resolve) => {
      tracker.trackBulk(
        [
          { url: 'https://e.x/1', uid: 'u1', e_c: 'c', e_a: 'Play' },
          { url: 'https://e.x/2', uid: 'u1' },
        ],
        resolve,
      );
    });
    expect(JSON.parse(answer)).toEqual({ status: 'success', tracked: 2, invalid: 0 });
    expect(await kept(2)).toMatchObject([
      { type: 'page', title: 'P', userId: 'u1', address: '198.51.100.0', userAgent: 'Theirs/2' },
      { event: 'Play', properties: { category: 'c' } },
      { type: 'page', url: 'https://e.x/2' },
    ]);
  });
});

describe('Umami', () => {
  it('@umami/node delivers views, events and what is known of the visitor', async () => {
    const { url, kept } = await collectorWith();
    const umami = new Umami({ hostUrl: url, websiteId: 'wk_one' });
    const answers = [
      await umami.track({ url: '/home', hostname: 'e.x', title: 'T' }),
      await umami.track('signup', { plan: 'pro' }),
      await umami.identify({ plan: 'pro' }),
    ];
    for (const answer of answers) expect(await answer.json()).toMatchObject({ cache: expect.any(String) });
    expect(await kept(3)).toMatchObject([
      { type: 'page', url: 'https://e.x/home', title: 'T', userAgent: undefined },
      { event: 'signup', properties: { plan: 'pro' } },
      { type: 'identify', person: { set: { plan: 'pro' } } },
    ]);
  });
});
