import mixpanel, { type Mixpanel } from 'mixpanel-browser';
import { onPage } from './page.ts';

let client: Mixpanel;
onPage({
  start({ key, url }) {
    client = mixpanel.init(
      key,
      { api_host: url, persistence: 'localStorage', batch_flush_interval_ms: 200 },
      'parity',
    );
  },
  async run({ user, account, track, identify, group, page, revenue, alias }) {
    const call = ({ id, at }: { id: string; at: number }) => ({ $insert_id: id, time: at });
    // one after the other, so that it is known which request holds what
    await requested('/track/', () => client.identify(user));
    await requested('/track/', () => client.track(track.event, { ...track.properties, ...call(track) }));
    client.people.set(identify.traits);
    client.get_group('company', account).set(group.traits);
    client.track_pageview({ current_page_title: page.title, ...call(page) });
    const products = revenue.items.map(({ id, ...item }) => ({ product_id: id, ...item }));
    const { order, amount, currency } = revenue;
    client.track(revenue.event, {
      order_id: order,
      revenue: amount,
      currency,
      products,
      ...call(revenue),
    });
    client.alias(alias.previous, user);
  },
});

/** Resolves when a request to the path that comes after the call has ended, well or not. */
function requested(path: string, call: () => void): Promise<void> {
  return new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => {
      if (!list.getEntries().some(({ name }) => name.includes(path))) return;
      observer.disconnect();
      resolve();
    });
    observer.observe({ type: 'resource' });
    call();
  });
}
