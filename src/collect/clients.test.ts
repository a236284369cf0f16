import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { Analytics } from '@segment/analytics-node';
import { buildPageView, newTracker } from '@snowplow/node-tracker';
import Mixpanel from 'mixpanel';
import { PostHog } from 'posthog-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { collectorTests } from './collector-under-test.ts';
import { decodeNow } from './decode-now.fixture.ts';

const startCollector = await collectorTests();
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('real clients', () => {
  it('@segment/analytics-node delivers, and stops when its key is unknown', async () => {
    const { port, records, metrics } = await startCollector();
    for (const writeKey of ['wk_one', 'nobody']) {
      const analytics = new Analytics({ writeKey, host: `http://127.0.0.1:${port}`, maxRetries: 3 });
      analytics.on('error', () => {});
      analytics.identify({ userId: 'u1', traits: { email: 'a@b.example' } });
      analytics.track({
        userId: 'u1',
        event: 'Order Completed',
        properties: { revenue: 12.5, currency: 'USD' },
      });
      await analytics.closeAndFlush({ timeout: 5_000 });
    }
    expect(records().flatMap((record) => decodeNow(record).events)).toMatchObject([
      { type: 'identify', userId: 'u1', person: { set: { email: 'a@b.example' } } },
      { type: 'track', event: 'Order Completed', revenue: 12.5 },
    ]);
    expect(metrics.toString()).toContain('{protocol="segment",outcome="unknown-key"} 1');
  });

  it.each(['get', 'post'] as const)('@snowplow/node-tracker delivers by %s', async (eventMethod) => {
    const { port, records } = await startCollector();
    const delivered = new Promise((resolve) => {
      const tracker = newTracker(
        { namespace: 'ns', appId: 'wk_two12', encodeBase64: true },
        {
          endpoint: '127.0.0.1',
          port,
          protocol: 'http',
          eventMethod,
          bufferSize: 1,
          onRequestSuccess: resolve,
        },
      );
      tracker.setUserId('u1');
      tracker.track(buildPageView({ pageUrl: 'https://e.x/p', pageTitle: 'T', referrer: 'https://r.x' }));
    });
    await delivered;
    expect(records().flatMap((record) => decodeNow(record).events)).toMatchObject([
      { type: 'page', url: 'https://e.x/p', referrer: 'https://r.x', title: 'T', userId: 'u1' },
    ]);
  });

  it.each(['v0', 'v1'] as const)(
    'posthog-node delivers by capture %s, and is told of a key that is unknown',
    async (mode) => {
      const { port, records, metrics } = await startCollector();
      vi.stubEnv('POSTHOG_CAPTURE_MODE', mode);
      const errors: unknown[] = [];
      for (const key of ['wk_one', 'nobody']) {
        const posthog = new PostHog(key, {
          host: `http://127.0.0.1:${port}`,
          fetchRetryCount: 2,
          fetchRetryDelay: 10,
        });
        posthog.on('error', (error: unknown) => errors.push(error));
        posthog.capture({
          distinctId: 'u1',
          event: 'Order Completed',
          properties: { revenue: 12.5, currency: 'USD', $set_once: { first: 'x' } },
          groups: { project: 'p1', company: 'c1' },
        });
        posthog.identify({ distinctId: 'u1', properties: { email: 'a@b.example' } });
        posthog.groupIdentify({ groupType: 'company', groupKey: 'c1', properties: { plan: 'pro' } });
        posthog.alias({ distinctId: 'u1', alias: 'before' });
        await posthog.shutdown(5_000);
      }
      const [order, ...others] = records().flatMap((record) => decodeNow(record).events);
      expect(order).toMatchObject({
        event: 'Order Completed',
        userId: 'u1',
        accountId: 'c1',
        groups: { company: 'c1', project: 'p1' },
        revenue: 12.5,
        currency: 'USD',
        person: { setOnce: { first: 'x' } },
        id: expect.stringMatching(/^[\da-f-]{36}$/),
        library: expect.stringMatching(/^posthog-node\//),
      });
      expect([order?.userAgent, order?.address]).toEqual([undefined, undefined]);
      expect(others).toMatchObject([
        { type: 'identify', userId: 'u1', person: { set: { email: 'a@b.example' } } },
        { type: 'group', accountId: 'c1', accountKind: 'company', account: { set: { plan: 'pro' } } },
        { type: 'alias', userId: 'u1', previousId: 'before' },
      ]);
      expect(records()[0]?.path).toBe(mode === 'v1' ? '/i/v1/analytics/events' : '/batch');
      expect(others[1]?.userId).toBeUndefined();
      expect(metrics.toString()).toContain('{protocol="posthog",outcome="unknown-key"}');
      expect(JSON.stringify(errors.map(String))).not.toBe('[]');
    },
  );

  it('mixpanel delivers events, operations and imports, and its callbacks say so', async () => {
    const { port, records } = await startCollector();
    // Its types do not know the port.
    const options = { host: '127.0.0.1', port, protocol: 'http', key: 'old', keepAlive: false };
    const client = (token: string) => Mixpanel.init(token, options);
    const done = (call: (callback: (error: Error | undefined) => void) => void): Promise<Error | undefined> =>
      new Promise((resolve) => call(resolve));
    const mixpanel = client('wk_one');
    const results = [
      await done((callback) =>
        mixpanel.track('Signed Up', { distinct_id: 'u1', revenue: 5, currency: 'eur' }, callback),
      ),
      await done((callback) => mixpanel.import('Old', 1_700_000_000, { distinct_id: 'u1' }, callback)),
      await done((callback) => mixpanel.people.set('u1', 'email', 'a@b.example', callback)),
      await done((callback) => mixpanel.people.increment('u1', 'logins', 2, callback)),
      await done((callback) => mixpanel.people.track_charge('u1', 12.5, {}, callback)),
      await done((callback) => mixpanel.people.delete_user('u2', callback)),
      await done((callback) => mixpanel.groups.set('company', 'c1', { plan: 'pro' }, callback)),
      await done((callback) => mixpanel.alias('u1', 'before', callback)),
    ];
    expect(results).toEqual(results.map(() => undefined));
    const batch = await done((callback) =>
      mixpanel.track_batch(
        [1, 2].map((number) => ({ event: `Batch ${number}`, properties: { distinct_id: 'u1' } })),
        (errors) => callback(errors?.[0] ?? undefined),
      ),
    );
    expect(batch).toBeUndefined();
    const unknown = await done((callback) => client('nobody').track('Lost', { distinct_id: 'u1' }, callback));
    expect(String(unknown)).toContain('write key');
    expect(records().flatMap((record) => decodeNow(record).events)).toMatchObject([
      { event: 'Signed Up', userId: 'u1', revenue: 5, currency: 'EUR' },
      { event: 'Old', occurredAt: 1_700_000_000_000 },
      { type: 'identify', person: { set: { email: 'a@b.example' } } },
      { type: 'identify', person: { add: { logins: 2 } } },
      { event: '$transaction', userId: 'u1', revenue: 12.5 },
      { type: 'identify', userId: 'u2', person: { delete: true } },
      { type: 'group', accountId: 'c1', account: { set: { plan: 'pro' } } },
      { type: 'alias', userId: 'u1', previousId: 'before' },
      { event: 'Batch 1' },
      { event: 'Batch 2' },
    ]);
  });

  it('@rudderstack/rudder-sdk-node delivers, and stops when its key is unknown', async () => {
    const { port, records, metrics } = await startCollector();
    for (const key of ['wk_one', 'nobody']) {
      const rudder = new RudderAnalytics(key, {
        dataPlaneUrl: `http://127.0.0.1:${port}`,
        errorHandler: () => {},
        axiosRetryConfig: { retries: 2 },
      });
      rudder.identify({ userId: 'u1', traits: { email: 'a@b.example' } });
      rudder.group({ userId: 'u1', groupId: 'c1', traits: { plan: 'pro' } });
      rudder.track({
        userId: 'u1',
        event: 'Order Completed',
        properties: {
          order_id: 'o1',
          revenue: 20,
          currency: 'EUR',
          products: [{ product_id: 'p1', quantity: 2 }],
        },
      });
      await rudder.flush().catch(() => {});
    }
    expect(new Set(records().map(({ protocol }) => protocol))).toEqual(new Set(['rudderstack']));
    expect(records().flatMap((record) => decodeNow(record).events)).toMatchObject([
      { type: 'identify', userId: 'u1', person: { set: { email: 'a@b.example' } } },
      { type: 'group', accountId: 'c1', account: { set: { plan: 'pro' } } },
      { event: 'Order Completed', orderId: 'o1', revenue: 20, items: [{ id: 'p1', quantity: 2 }] },
    ]);
    expect(metrics.toString()).toContain('{protocol="rudderstack",outcome="unknown-key"}');
  });
});
