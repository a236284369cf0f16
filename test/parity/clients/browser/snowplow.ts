import {
  flushBuffer,
  newTracker,
  setUserId,
  trackPageView,
  trackSelfDescribingEvent,
  trackStructEvent,
} from '@snowplow/browser-tracker';
import { onPage } from './page.ts';

onPage({
  start({ key, url }) {
    newTracker('parity', url, { appId: key, contexts: { webPage: true } });
    // what failed waits for the next event or flush
    setInterval(flushBuffer, 500);
  },
  run({ user, track, page, revenue }) {
    const at = (ms: number) => ({ type: 'ttm', value: ms }) as const;
    setUserId(user);
    const { format, rows } = track.properties;
    trackStructEvent({
      category: 'reports',
      action: track.event,
      property: format,
      value: rows,
      timestamp: at(track.at),
    });
    trackPageView({ title: page.title, timestamp: at(page.at) });
    const { order, amount, currency, items } = revenue;
    trackSelfDescribingEvent({
      event: {
        schema: 'iglu:com.example/order_completed/jsonschema/1-0-0',
        data: { order_id: order, revenue: amount, currency, items },
      },
      timestamp: at(revenue.at),
    });
  },
});
