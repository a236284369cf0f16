import { Analytics } from '@segment/analytics-node';
import { journey } from './asked.ts';

const { user, account, track, identify, group, page, screen, revenue, alias } = journey;
const client = new Analytics({ writeKey: journey.key, host: journey.url, flushInterval: 100 });
const call = ({ id, at }: { id: string; at: number }) => ({ messageId: id, timestamp: new Date(at) });

client.track({ ...call(track), userId: user, event: track.event, properties: track.properties });
client.identify({ ...call(identify), userId: user, traits: identify.traits });
client.group({ ...call(group), userId: user, groupId: account, traits: group.traits });
client.page({
  ...call(page),
  userId: user,
  name: page.name,
  properties: { url: page.url, title: page.title },
});
client.screen({ ...call(screen), userId: user, name: screen.name });
client.track({
  ...call(revenue),
  userId: user,
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
client.alias({ ...call(alias), userId: user, previousId: alias.previous });
await client.closeAndFlush();
