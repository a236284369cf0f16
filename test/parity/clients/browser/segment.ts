import { AnalyticsBrowser } from '@segment/analytics-next';
import { onPage } from './page.ts';

let client: AnalyticsBrowser;
onPage({
  async start({ key, url, host, port }) {
    client = AnalyticsBrowser.load(
      { writeKey: key, cdnURL: url },
      { integrations: { 'Segment.io': { apiHost: `${host}:${port}/v1`, protocol: 'http' } } },
    );
    await client.ready();
  },
  run({ user, account, track, identify, group, page, screen, revenue, alias }) {
    const call = ({ id, at }: { id: string; at: number }) => ({ messageId: id, timestamp: new Date(at) });
    void client.identify(user, identify.traits, call(identify));
    void client.track(track.event, track.properties, call(track));
    void client.group(account, group.traits, call(group));
    void client.page(undefined, page.name, {}, call(page));
    void client.screen(undefined, screen.name, {}, call(screen));
    const products = revenue.items.map(({ id, ...item }) => ({ product_id: id, ...item }));
    const { order, amount, currency } = revenue;
    void client.track(revenue.event, { order_id: order, revenue: amount, currency, products }, call(revenue));
    void client.alias(user, alias.previous, call(alias));
  },
});
