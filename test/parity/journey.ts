import { randomUUID } from 'node:crypto';

export const steps = ['track', 'identify', 'group', 'page', 'screen', 'revenue', 'alias'] as const;
export type Step = (typeof steps)[number];

/** What every call has: an id and a time that the client states where it can. */
interface Call {
  /** A UUID, since two protocols take nothing else. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The same in ISO 8601. */
  readonly time: string;
}

/** What one client is asked to do in one run, as JSON on its command line: the same calls for all, in this order. */
export interface Journey {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The write key: API key, token, measurement id or app id of the client. */
  readonly key: string;
  readonly user: string;
  readonly anonymous: string;
  readonly account: string;
  readonly track: Call & {
    readonly event: string;
    readonly properties: {
      format: string;
      rows: number;
      ratio: number;
      draft: boolean;
      note: string;
    };
  };
  readonly identify: Call & { readonly traits: Record<string, string | number> };
  readonly group: Call & { readonly traits: Record<string, string | number> };
  readonly page: Call & { readonly name: string; readonly url: string; readonly title: string };
  readonly screen: Call & { readonly name: string };
  readonly revenue: Call & {
    readonly event: string;
    readonly order: string;
    readonly amount: number;
    readonly currency: string;
    readonly items: readonly JourneyItem[];
  };
  /** The id that becomes the user's. */
  readonly alias: Call & { readonly previous: string };
}

export interface JourneyItem {
  readonly id: string;
  readonly name: string;
  readonly price: number;
  readonly quantity: number;
}

/** `name` starts every id of a person or an account, `url` is the gate's. */
export function journeyOf(name: string, url: string, key: string): Journey {
  const { hostname: host, port } = new URL(url);
  // within a session, in whole seconds: what some clients send
  const start = (Math.floor(Date.now() / 1_000) - 600) * 1_000;
  const call = (step: Step): Call => {
    const at = start + steps.indexOf(step) * 1_000;
    return { id: randomUUID(), at, time: new Date(at).toISOString() };
  };
  return {
    url,
    host,
    port: Number(port),
    key,
    user: `${name}-user`,
    anonymous: `${name}-device`,
    account: `${name}-acme`,
    track: {
      ...call('track'),
      event: 'Report Exported',
      properties: { format: 'pdf', rows: 3, ratio: 0.5, draft: false, note: 'zażółć & 日本 + 100%' },
    },
    identify: { ...call('identify'), traits: { plan: 'pro', seats: 5, email: `${name}@example.test` } },
    group: { ...call('group'), traits: { name: 'Acme', employees: 40 } },
    page: {
      ...call('page'),
      name: 'Pricing',
      url: 'https://shop.test/pricing?tier=pro',
      title: 'Prices and plans',
    },
    screen: { ...call('screen'), name: 'Settings' },
    revenue: {
      ...call('revenue'),
      event: 'Order Completed',
      order: `${name}-order`,
      amount: 49.9,
      currency: 'EUR',
      items: [
        { id: 'sku-1', name: 'Shirt', price: 19.95, quantity: 2 },
        { id: 'sku-2', name: 'Socks', price: 10, quantity: 1 },
      ],
    },
    alias: { ...call('alias'), previous: `${name}-before` },
  };
}
