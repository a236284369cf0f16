import type { Journey, JourneyItem, Step } from './journey.ts';

/** What is compared of a row of the warehouse. */
export interface Row {
  readonly event_id: string;
  readonly type: string;
  readonly event: string;
  readonly user_id: string;
  readonly anonymous_id: string;
  readonly account_id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly url: string;
  readonly title: string;
  readonly revenue: number | null;
  readonly currency: string;
  readonly order_id: string;
  readonly items: readonly JourneyItem[];
  readonly protocol: string;
  readonly library: string;
  readonly properties: Record<string, unknown>;
}

/** Columns of a step's row; what is absent is not compared. */
export type Expected = {
  readonly [Column in Exclude<keyof Row, 'event_id' | 'at'>]?: Row[Column] | undefined;
};

/** What a step is when the client can say all of it. */
export function expectedRow(step: Step, journey: Journey): Expected {
  const { user, account, track, page, revenue } = journey;
  switch (step) {
    case 'track':
      return { type: 'track', event: track.event, user_id: user, properties: track.properties };
    case 'page':
      return { type: 'page', event: 'page', user_id: user, url: page.url, title: page.title };
    case 'group':
      return { type: 'group', event: 'group', user_id: user, account_id: account };
    case 'revenue':
      return {
        type: 'track',
        event: revenue.event,
        user_id: user,
        revenue: revenue.amount,
        currency: revenue.currency,
        order_id: revenue.order,
        items: revenue.items,
      };
    case 'identify':
    case 'screen':
    case 'alias':
      return { type: step, event: step, user_id: user };
  }
}
