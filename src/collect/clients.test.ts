import { Analytics } from '@segment/analytics-node';
import { buildPageView, newTracker } from '@snowplow/node-tracker';
import { describe, expect, it } from 'vitest';
import { collectorTests } from './collector-under-test.ts';
import { decodeNow } from './decode-now.fixture.ts';

const startCollector = await collectorTests();

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
      { type: 'identify', userId: 'u1', traits: { email: 'a@b.example' } },
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
});
