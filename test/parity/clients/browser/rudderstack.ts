import { RudderAnalytics } from '@rudderstack/analytics-js/bundled';
import { onPage } from './page.ts';

const client = new RudderAnalytics();
onPage({
  start({ key, url }) {
    client.load(key, url, {
      configUrl: url,
      queueOptions: { minRetryDelay: 200, maxRetryDelay: 1_000 },
    });
    return new Promise((resolve) => client.ready(() => resolve()));
  },
  run({ user, account, track, identify, group, page, revenue, alias }) {
    client.identify(user, identify.traits);
    client.track(track.event, track.properties);
    client.group(account, group.traits);
    client.page(page.name);
    const products = revenue.items.map(({ id, ...item }) => ({ product_id: id, ...item }));
    const { order, amount, currency } = revenue;
    client.track(revenue.event, { order_id: order, revenue: amount, currency, products });
    client.alias(user, alias.previous);
  },
});
