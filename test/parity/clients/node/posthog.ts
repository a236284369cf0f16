import { PostHog } from 'posthog-node';
import { journey } from './asked.ts';

const { user, account, track, identify, group, page, screen, revenue, alias } = journey;
const client = new PostHog(journey.key, {
  host: journey.url,
  flushInterval: 100,
  fetchRetryDelay: 100,
  disableGeoip: false,
});
const call = ({ id, at }: { id: string; at: number }) => ({
  distinctId: user,
  uuid: id,
  timestamp: new Date(at),
});

client.capture({ ...call(track), event: track.event, properties: track.properties });
client.identify({ distinctId: user, properties: { $set: identify.traits } });
client.groupIdentify({
  groupType: 'company',
  groupKey: account,
  properties: group.traits,
  distinctId: user,
});
client.capture({
  ...call(page),
  event: '$pageview',
  properties: { $current_url: page.url, title: page.title },
});
client.capture({ ...call(screen), event: '$screen', properties: { $screen_name: screen.name } });
client.capture({
  ...call(revenue),
  event: revenue.event,
  properties: {
    order_id: revenue.order,
    revenue: revenue.amount,
    currency: revenue.currency,
    products: revenue.items.map(({ id, name, price, quantity }) => ({
      product_id: id,
      name,
      price,
      quantity,
    })),
  },
});
client.alias({ distinctId: user, alias: alias.previous });
// waiting to try again does not keep a program alive
const alive = setInterval(() => undefined, 1_000);
await client.shutdown();
clearInterval(alive);
