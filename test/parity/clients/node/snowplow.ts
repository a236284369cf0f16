import {
  buildEcommerceTransaction,
  buildEcommerceTransactionItem,
  buildPageView,
  buildScreenView,
  buildStructEvent,
  newTracker,
} from '@snowplow/node-tracker';
import { journey } from './asked.ts';

const { track, page, screen, revenue } = journey;
let again: NodeJS.Timeout | undefined;
const sent = new Promise<void>((resolve) => {
  let count = 0;
  const tracker = newTracker(
    { namespace: 'parity', appId: journey.key, encodeBase64: true },
    {
      endpoint: journey.host,
      protocol: 'http',
      port: journey.port,
      bufferSize: 6,
      retryFailedRequests: true,
      onRequestSuccess: (batch) => {
        count += batch.length;
        if (count >= 6) resolve();
      },
    },
  );
  tracker.setUserId(journey.user);
  const at = (ms: number) => ({ type: 'ttm', value: ms }) as const;
  const { format, rows } = track.properties;
  tracker.track(
    buildStructEvent({
      category: 'reports',
      action: track.event,
      property: format,
      value: rows,
    }),
    [],
    at(track.at),
  );
  tracker.track(buildPageView({ pageUrl: page.url, pageTitle: page.title }), [], at(page.at));
  tracker.track(buildScreenView({ name: screen.name, id: screen.id }), [], at(screen.at));
  tracker.track(
    buildEcommerceTransaction({ orderId: revenue.order, total: revenue.amount, currency: revenue.currency }),
    [],
    at(revenue.at),
  );
  for (const { id, name, price, quantity } of revenue.items)
    tracker.track(
      buildEcommerceTransactionItem({
        orderId: revenue.order,
        sku: id,
        name,
        price,
        quantity,
        currency: revenue.currency,
      }),
      [],
      at(revenue.at),
    );
  // what failed waits for the next event or flush
  void tracker.flush();
  again = setInterval(() => void tracker.flush(), 200);
});
await sent;
clearInterval(again);
