import { writeKey } from './program.ts';

const day = 86_400_000;
const browsers = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
];
const sources = ['?utm_source=newsletter&utm_medium=email', '?gclid=abc', ''];

/** A small product with every kind of event that the queries of the guide ask for, over six weeks up to now. */
export function seedBatch(): string {
  const now = Date.now();
  const batch = Array.from({ length: 24 }, (_, index) =>
    story(index, now - (42 - index * 1.5) * day, now),
  ).flat();
  batch.sort((a, b) => String(a.timestamp).localeCompare(String(b.timestamp)));
  return JSON.stringify({ writeKey, batch });
}

type Item = Record<string, unknown> & { readonly timestamp: string };

function story(index: number, signedUp: number, now: number): Item[] {
  const userId = index === 0 ? 'ada' : `person-${index}`;
  const anonymousId = `device-${index}`;
  const groupId = `team-${index % 5}`;
  const context = {
    userAgent: browsers[index % 2],
    library: { name: 'analytics.js', version: 'npm:next-1.84.3' },
  };
  let made = 0;
  const item = (at: number, fields: Record<string, unknown>): Item => ({
    messageId: `seed-${index}-${made++}`,
    anonymousId,
    timestamp: new Date(Math.min(at, now)).toISOString(),
    context,
    ...fields,
  });
  const page = (at: number, path: string): Item =>
    item(at, { type: 'page', properties: { url: `https://notes.example${path}`, title: path } });
  const track = (at: number, event: string, properties: Record<string, unknown> = {}): Item =>
    item(at, { type: 'track', event, userId, properties });

  const items = [
    page(signedUp - 60_000, `/${sources[index % 3]}`),
    item(signedUp - 30_000, { type: 'track', event: 'Sign Up Started' }),
    item(signedUp, { type: 'identify', userId, traits: { email: `${userId}@example.com` } }),
    item(signedUp + 1_000, {
      type: 'group',
      userId,
      groupId,
      traits: { name: `Team ${index % 5}`, plan: 'pro' },
    }),
    track(signedUp + 2_000, 'Signed Up', { method: 'email' }),
    track(signedUp + 90_000, 'Note Created', {
      template: ['blank', 'standup'][index % 2],
      words: 40 + index * 10,
    }),
  ];
  // The fifth team goes silent, for the accounts without activity.
  if (index % 5 === 4) return signedUp < now - 20 * day ? items : [];
  for (let at = signedUp + 7 * day; at < now; at += 7 * day) {
    items.push(page(at, '/notes'), track(at + 5_000, 'Note Created', { template: 'blank', words: 80.5 }));
  }
  if (index % 2 === 0) {
    const money = { plan: index % 4 === 0 ? 'pro' : 'business', revenue: 49, currency: 'EUR' };
    const products = [{ product_id: `plan-${money.plan}`, name: money.plan, price: 49, quantity: 1 }];
    items.push(
      track(signedUp + 2 * day, 'Order Completed', { order_id: `order-${index}`, products, currency: 'EUR' }),
      item(signedUp + day, { type: 'track', event: 'Invoice Paid', userId, properties: money, context: {} }),
    );
  }
  if (index % 3 === 0)
    items.push(track(now - 2 * day, 'Error Shown', { code: 'sync_failed', status: 500, area: 'notes' }));
  return items;
}

/** What the product's server wrote while its users were there, as OpenTelemetry's exporters send it. */
export function seedLines(): string {
  const at = Date.now() - 2 * day;
  const logRecords = ['ada', 'person-3'].map((user) => ({
    timeUnixNano: `${at + 1_000}000000`,
    severityNumber: 17,
    severityText: 'ERROR',
    body: { stringValue: 'Upstream timed out while the note was stored' },
    attributes: [
      { key: 'user.id', value: { stringValue: user } },
      { key: 'status', value: { intValue: '504' } },
    ],
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'api' } }] };
  return JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
}
