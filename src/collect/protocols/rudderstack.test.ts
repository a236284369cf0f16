import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../../contract/request.ts';
import { decodeNow } from '../decode-now.fixture.ts';

function record(body: unknown, over: Partial<LogRecord> = {}): LogRecord {
  return {
    offset: 1,
    receivedAt: 1_795_300_000_000,
    project: 'p',
    key: '',
    visitor: '',
    protocol: 'rudderstack',
    method: 'POST',
    path: '/v1/batch',
    query: '',
    headers: {},
    address: '203.0.113.0',
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    ...over,
  };
}

const pixel = (query: string, path = '/pixel/v1/track') =>
  decodeNow(record('', { method: 'GET', path, query, headers: { 'user-agent': 'Agent/1' } }));

describe('merge', () => {
  const anonymous = { type: 'anonymous_id', value: 'a' };
  const user = { type: 'user_id', value: 'u' };

  it.each([
    [[user, anonymous], { userId: 'u', previousId: 'a' }],
    [[anonymous, user], { userId: 'u', previousId: 'a' }],
    [[user, { type: 'email', value: 'e@x.example' }], { userId: 'u', previousId: 'e@x.example' }],
  ])('of %j joins the other id to the user', (mergeProperties, expected) => {
    const alone = decodeNow(record({ mergeProperties }, { path: '/v1/merge' }));
    const batch = decodeNow(record({ batch: [{ type: 'merge', mergeProperties }] }));
    for (const { events, failures } of [alone, batch]) {
      expect(failures).toEqual([]);
      expect(events).toMatchObject([{ type: 'alias', ...expected }]);
    }
  });

  it.each([[[]], [[user]], ['x'], [[7, null]]])('of %j fails, with what was sent', (mergeProperties) => {
    const item = { type: 'merge', mergeProperties };
    expect(decodeNow(record({ batch: [item] })).failures).toMatchObject([
      { reason: 'no previousId or userId', payload: JSON.stringify(item) },
    ]);
  });
});

describe('the pixel', () => {
  it('its parameters are paths into the event', () => {
    expect(
      pixel('event=E&userId=u&properties.a.b=1&properties.a.c=2&context.page.url=https://e.x/').events,
    ).toMatchObject([
      {
        type: 'track',
        event: 'E',
        userId: 'u',
        url: 'https://e.x/',
        userAgent: 'Agent/1',
        address: '203.0.113.0',
        properties: { a: { b: '1', c: '2' } },
      },
    ]);
    expect(pixel('anonymousId=a&name=Home', '/pixel/v1/page').events).toMatchObject([
      { type: 'page', anonymousId: 'a', properties: { name: 'Home' } },
    ]);
  });

  it.each([
    ['', 'empty query'],
    ['userId=u', 'no event name'],
    ['event=E', 'no userId and no anonymousId'],
  ])('%j is a failure', (query, reason) => {
    expect(pixel(query).failures.map((failure) => failure.reason)).toEqual([reason]);
  });

  it('no name in it means anything to the machine', () => {
    const query = `event=E&userId=u&__proto__.polluted=1&properties.__proto__.x=1&constructor.prototype.y=1&${'a.'.repeat(500)}=1&%`;
    expect(pixel(query).events).toHaveLength(1);
    expect([({} as Record<string, unknown>).polluted, ({} as Record<string, unknown>).x]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('its own rules', () => {
  const call = { type: 'track', event: 'E', userId: 'u' };

  it('the time of sending is in the event, the batch or the header', () => {
    const at = '2026-11-21T22:41:43.114Z';
    const sentAt = Date.parse(at);
    for (const [body, headers] of [
      [{ batch: [{ ...call, sentAt: at }] }, {}],
      [{ batch: [call], sentAt: at }, {}],
      [{ batch: [call] }, { sentat: at }],
    ] as const) {
      expect(decodeNow(record(body, { headers })).events).toMatchObject([{ sentAt }]);
    }
  });

  it('its session is kept, and its products are items', () => {
    const item = {
      ...call,
      context: { sessionId: 1_795_301_054_755 },
      properties: { order_id: 'o', products: [{ product_id: 'p', price: '2.5', quantity: 2 }] },
    };
    expect(decodeNow(record({ batch: [item] })).events).toMatchObject([
      { clientSessionId: '1795301054755', orderId: 'o', items: [{ id: 'p', price: 2.5, quantity: 2 }] },
    ]);
  });
});
