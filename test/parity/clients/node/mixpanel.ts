import { promisify } from 'node:util';
import mixpanel from 'mixpanel';
import { journey } from './asked.ts';

const { user, account, track, identify, group, page, revenue, alias } = journey;
const client = mixpanel.init(journey.key, {
  host: `${journey.host}:${journey.port}`,
  protocol: 'http',
  keepAlive: false,
});
const call = ({ id, at }: { id: string; at: number }) => ({ distinct_id: user, $insert_id: id, time: at });
const send = promisify((event: string, properties: object, done: mixpanel.Callback) =>
  client.track(event, properties, done),
);
const lost = () => undefined;

await send(track.event, { ...call(track), ...track.properties }).catch(lost);
await promisify((done: mixpanel.Callback) => client.people.set(user, identify.traits, {}, done))().catch(
  lost,
);
await promisify((done: mixpanel.Callback) =>
  client.groups.set('company', account, group.traits, {}, done),
)().catch(lost);
await send('$mp_web_page_view', {
  ...call(page),
  $current_url: page.url,
  current_page_title: page.title,
}).catch(lost);
await send(revenue.event, {
  ...call(revenue),
  order_id: revenue.order,
  revenue: revenue.amount,
  currency: revenue.currency,
  products: revenue.items.map(({ id, name, price, quantity }) => ({ product_id: id, name, price, quantity })),
}).catch(lost);
await promisify((done: mixpanel.Callback) => client.alias(user, alias.previous, done))().catch(lost);
