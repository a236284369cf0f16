import * as amplitude from '@amplitude/analytics-node';
import { journey } from './asked.ts';

const { user, anonymous, account, track, identify, group, page, revenue } = journey;
const client = amplitude.createInstance();
await client.init(journey.key, {
  serverUrl: `${journey.url}/2/httpapi`,
  flushIntervalMillis: 100,
  flushMaxRetries: 5,
  logLevel: amplitude.Types.LogLevel.None,
}).promise;
const call = ({ id, at }: { id: string; at: number }) => ({
  user_id: user,
  device_id: anonymous,
  insert_id: id,
  time: at,
});

const traits = new amplitude.Identify();
for (const [name, value] of Object.entries(identify.traits)) traits.set(name, value);
const company = new amplitude.Identify();
for (const [name, value] of Object.entries(group.traits)) company.set(name, value);
const sent = [
  client.track(track.event, track.properties, call(track)),
  client.identify(traits, call(identify)),
  client.groupIdentify('company', account, company, call(group)),
  client.track(
    '[Amplitude] Page Viewed',
    { '[Amplitude] Page URL': page.url, '[Amplitude] Page Title': page.title },
    call(page),
  ),
  client.revenue(
    new amplitude.Revenue()
      .setProductId(revenue.order)
      .setPrice(revenue.amount)
      .setQuantity(1)
      .setEventProperties({ currency: revenue.currency }),
    call(revenue),
  ),
];
// a flush by hand would try only once
await Promise.allSettled(sent.map(({ promise }) => promise));
