import { createRequire } from 'node:module';
import { answered, journey } from './asked.ts';

interface Tracker {
  trackEvent(name: string, parameters: object): void;
  setUserProperty(name: string, value: unknown): void;
}
// the package's `main` names a file that it does not have
const ga4mp: (ids: string[], options: object) => Tracker = createRequire(import.meta.url)(
  '@analytics-debugger/ga4mp/dist/ga4mp.umd.js',
);
const { user, anonymous, track, identify, page, revenue } = journey;
const client = ga4mp([journey.key], {
  mode: 'node',
  endpoint: `${journey.url}/g/collect`,
  client_id: anonymous,
  user_id: user,
});

await answered(() => client.trackEvent(track.event, track.properties));
for (const [name, value] of Object.entries(identify.traits)) client.setUserProperty(name, value);
await answered(() => client.trackEvent('page_view', { page_location: page.url, page_title: page.title }));
await answered(() =>
  client.trackEvent('purchase', {
    transaction_id: revenue.order,
    value: revenue.amount,
    currency: revenue.currency,
    items: revenue.items.map(({ id, name, price, quantity }) => ({
      item_id: id,
      item_name: name,
      price,
      quantity,
    })),
  }),
);
