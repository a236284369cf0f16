import { Analytics } from '@segment/analytics-node';
import {
  buildPageView,
  buildSelfDescribingEvent,
  buildStructEvent,
  newTracker,
} from '@snowplow/node-tracker';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, serveSite } from './chromium.ts';
import { type Program, post, startProgram, writeKey } from './program.ts';

interface Stored {
  event_id: string;
  type: string;
  event: string;
  user_id: string;
  anonymous_id: string;
  account_id: string;
  path: string;
  source: string;
  medium: string;
  campaign: string;
  browser: string;
  revenue: number | null;
  currency: string;
  protocol: string;
  library: string;
  bot_score: number;
  session_id: string;
  properties: Record<string, unknown>;
}

let program: Program;
let browser: Browser;
beforeAll(async () => {
  [program, browser] = await Promise.all([startProgram(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await program?.[Symbol.asyncDispose]();
});

/** The stored events whose ids or names are of one test, oldest first. */
async function stored(condition: string, count: number): Promise<Stored[]> {
  await program.until(`SELECT count() FROM tributary.events WHERE ${condition}`, count);
  const rows = await program.rows<
    Omit<Stored, 'properties'> & { properties: string | Record<string, unknown> }
  >(
    `SELECT event_id, type, event, user_id, anonymous_id, account_id, path, source, medium, campaign, browser, revenue, currency, protocol, library,
       bot_score, session_id, properties FROM tributary.events WHERE ${condition} ORDER BY timestamp, log_offset`,
  );
  return rows.map((row) => ({
    ...row,
    properties: typeof row.properties === 'string' ? JSON.parse(row.properties) : row.properties,
  }));
}

describe('@segment/analytics-node', () => {
  test('sends track, identify, group, page and revenue, each stored once with its ids', async () => {
    const client = new Analytics({ writeKey, host: program.url, flushAt: 3, flushInterval: 100 });
    client.identify({
      userId: 'node-ada',
      traits: { plan: 'pro', email: 'ada@example.test' },
      messageId: 'node-1',
    });
    client.group({ userId: 'node-ada', groupId: 'acme', traits: { name: 'Acme' }, messageId: 'node-2' });
    client.track({
      userId: 'node-ada',
      event: 'Order Paid',
      properties: { revenue: 12.5, currency: 'eur', items: 2 },
      messageId: 'node-3',
    });
    client.page({
      userId: 'node-ada',
      name: 'Pricing',
      properties: { url: 'https://shop.test/pricing?x=1' },
      messageId: 'node-4',
    });
    client.track({ anonymousId: 'node-anonymous', event: 'Looked', messageId: 'node-5' });
    await client.closeAndFlush();

    const rows = await stored(`event_id LIKE 'node-%'`, 5);
    expect(rows.map(({ event_id, type, event }) => [event_id, type, event])).toEqual(
      expect.arrayContaining([
        ['node-1', 'identify', 'identify'],
        ['node-2', 'group', 'group'],
        ['node-3', 'track', 'Order Paid'],
        ['node-4', 'page', expect.any(String)],
        ['node-5', 'track', 'Looked'],
      ]),
    );
    expect(rows).toHaveLength(5);
    const paid = rows.find((row) => row.event_id === 'node-3');
    expect(paid).toMatchObject({
      user_id: 'node-ada',
      account_id: 'acme',
      revenue: 12.5,
      currency: 'EUR',
      bot_score: 0,
    });
    expect(paid?.properties).toMatchObject({ items: 2 });
    expect(paid?.library).toContain('analytics-node');
    expect(rows.find((row) => row.event_id === 'node-4')?.path).toBe('/pricing');
  });

  test('sends an event twice and it is stored once', async () => {
    for (let round = 0; round < 2; round++) {
      const client = new Analytics({ writeKey, host: program.url });
      client.track({ userId: 'twice', event: 'Sent twice', messageId: 'twice-1' });
      await client.closeAndFlush();
    }
    const client = new Analytics({ writeKey, host: program.url });
    client.track({ userId: 'twice', event: 'Sent after', messageId: 'twice-2' });
    await client.closeAndFlush();
    expect(await stored(`event_id LIKE 'twice-%'`, 2)).toHaveLength(2);
  });
});

describe('@segment/analytics-next in Chromium', () => {
  test('loads its settings from our host and sends page, track and identify', async () => {
    await using site = await serveSite(`
      import { AnalyticsBrowser } from '@segment/analytics-next';
      const analytics = AnalyticsBrowser.load(
        { writeKey: '${writeKey}', cdnURL: '${program.url}' },
        { integrations: { 'Segment.io': { apiHost: '${new URL(program.url).host}/v1', protocol: 'http' } } },
      );
      window.run = async () => {
        await analytics.page('Home');
        await analytics.track('Button Clicked', { colour: 'red', next: true });
        await analytics.identify('browser-ada', { plan: 'free' });
        await analytics.track('After identify', { next: true });
      };
      window.ready = true;`);
    const page = await browser.newPage();
    await page.goto(`${site.origin}/shop/shoes?utm_source=newsletter&utm_medium=email&utm_campaign=spring`);
    await page.waitForFunction('window.ready');
    await page.evaluate('window.run()');
    const rows = await stored(
      `library LIKE '%analytics.js%' OR (event IN ('Button Clicked', 'After identify') AND protocol = 'segment')`,
      4,
    );
    await page.close();

    expect(rows.map((row) => row.type)).toEqual(['page', 'track', 'identify', 'track']);
    expect(new Set(rows.map((row) => row.anonymous_id)).size).toBe(1);
    expect(new Set(rows.map((row) => row.session_id)).size).toBe(1);
    expect(rows[0]).toMatchObject({ path: '/shop/shoes', source: 'newsletter', campaign: 'spring' });
    expect(rows[0]?.browser).toMatch(/Chrom/);
    expect(rows[3]?.user_id).toBe('browser-ada');
    expect(rows[1]?.properties).toMatchObject({ colour: 'red', next: true });
    const people = await program.rows<{ people: number }>(
      `SELECT uniqExact(person_id) AS people FROM tributary.events WHERE anonymous_id = {id:String}`,
      { id: rows[0]?.anonymous_id },
    );
    expect(people).toEqual([{ people: 1 }]);
  });
});

describe('@snowplow/node-tracker', () => {
  test.each(['post', 'get'] as const)(
    'sends page views, structured and self-describing events by %s',
    async (eventMethod) => {
      const { hostname, port } = new URL(program.url);
      const app = `snow-${eventMethod}`;
      const done = new Promise<void>((resolve) => {
        const tracker = newTracker(
          { namespace: app, appId: writeKey, encodeBase64: true },
          {
            endpoint: hostname,
            protocol: 'http',
            port: Number(port),
            eventMethod,
            bufferSize: eventMethod === 'post' ? 3 : 1,
            onRequestSuccess: () => resolve(),
          },
        );
        tracker.setUserId(`${app}-user`);
        tracker.track(buildPageView({ pageUrl: `https://shop.test/${app}`, pageTitle: 'Shop' }));
        tracker.track(buildStructEvent({ category: 'shop', action: `${app} add`, label: 'x', value: 3 }));
        tracker.track(
          buildSelfDescribingEvent({
            event: {
              schema: `iglu:com.acme/${eventMethod}_purchase/jsonschema/1-0-0`,
              data: { sku: 'a1', price: 9.5 },
            },
          }),
        );
        void tracker.flush();
      });
      await done;
      const rows = await stored(`protocol = 'snowplow' AND user_id = '${app}-user'`, 3);
      expect(rows.map((row) => row.event)).toEqual(
        expect.arrayContaining(['page', `${app} add`, `${eventMethod}_purchase`]),
      );
      expect(rows.find((row) => row.event.endsWith('purchase'))?.properties).toMatchObject({
        sku: 'a1',
        price: 9.5,
      });
      expect(new Set(rows.map((row) => row.event_id)).size).toBe(rows.length);
    },
  );
});

describe('@snowplow/browser-tracker in Chromium', () => {
  test('sends page view, page pings’ peers and a self-describing event with contexts', async () => {
    await using site = await serveSite(`
      import { newTracker, trackPageView, trackSelfDescribingEvent, trackStructEvent, setUserId } from '@snowplow/browser-tracker';
      newTracker('sp', '${program.url}', { appId: '${writeKey}', contexts: { webPage: true, session: true }, bufferSize: 1 });
      window.run = () => {
        setUserId('snow-browser');
        trackPageView({ title: 'Landing' });
        trackStructEvent({ category: 'media', action: 'Play pressed', label: 'intro', value: 1 });
        trackSelfDescribingEvent({ event: { schema: 'iglu:com.acme/lead_captured/jsonschema/1-0-0', data: { size: 12 } } });
      };
      window.ready = true;`);
    const page = await browser.newPage();
    await page.goto(`${site.origin}/landing?utm_source=google&utm_medium=cpc&gclid=abc`);
    await page.waitForFunction('window.ready');
    await page.evaluate('window.run()');
    const rows = await stored(`protocol = 'snowplow' AND user_id = 'snow-browser'`, 3);
    await page.close();

    expect(rows.map((row) => row.event)).toEqual(
      expect.arrayContaining(['page', 'Play pressed', 'lead_captured']),
    );
    expect(rows).toHaveLength(3);
    expect(new Set(rows.map((row) => row.anonymous_id)).size).toBe(1);
    expect(new Set(rows.map((row) => row.session_id)).size).toBe(1);
    expect(rows.find((row) => row.event === 'page')).toMatchObject({
      path: '/landing',
      source: 'Google',
      medium: 'cpc',
    });
  });
});

describe('curl', () => {
  test('sends one event with a write key and sees it within seconds', async () => {
    const answer = await post(
      `${program.url}/v1/track`,
      JSON.stringify({ event: 'By hand', userId: 'u1', messageId: 'curl-1', properties: { plan: 'pro' } }),
    );
    expect([answer.status, await answer.json()]).toEqual([200, { success: true }]);
    const [row] = await stored(`event_id = 'curl-1'`, 1);
    expect(row).toMatchObject({ event: 'By hand', user_id: 'u1', properties: { plan: 'pro' } });
  });

  test('is told when the write key is unknown', async () => {
    const answer = await post(`${program.url}/v1/track`, JSON.stringify({ event: 'Lost', userId: 'u1' }), {
      authorization: `Basic ${btoa('wk_nobody_knows:')}`,
    });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain('key');
  });

  test('is refused without any key, and with a Snowplow app id that is a key no more', async () => {
    const keyless = await fetch(`${program.url}/v1/track`, {
      method: 'POST',
      body: JSON.stringify({ event: 'No key', userId: 'u1', messageId: 'keyless-1' }),
    });
    const revoked = await fetch(`${program.url}/i?e=pv&aid=wk_that_was_revoked`);
    const otherApp = await fetch(`${program.url}/i?e=se&se_ca=a&se_ac=kept&aid=shop&eid=kept-1`);
    expect([keyless.status, revoked.status, otherApp.status]).toEqual([401, 401, 200]);
  });

  test('leaves nothing behind in a project that is deleted right after the event', async () => {
    const { project, writeKey: key } = await program.call<{ project: { id: string }; writeKey: string }>(
      'POST',
      '/api/projects',
      {
        name: 'Short lived',
      },
    );
    const authorization = `Basic ${btoa(`${key}:`)}`;
    const sent = await post(`${program.url}/v1/track`, JSON.stringify({ event: 'Late', userId: 'u' }), {
      authorization,
    });
    expect(sent.status).toBe(200);
    await program.call('DELETE', `/api/projects/${project.id}`);
    await post(
      `${program.url}/v1/track`,
      JSON.stringify({ event: 'Next', userId: 'u', messageId: 'next-1' }),
    );
    await stored(`event_id = 'next-1'`, 1);
    const rows = await program.rows('SELECT event FROM tributary.events WHERE project = {project:String}', {
      project: project.id,
    });
    expect(rows).toEqual([]);
  });
});
