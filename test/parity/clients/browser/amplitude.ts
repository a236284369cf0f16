import * as amplitude from '@amplitude/analytics-browser';
import { onPage } from './page.ts';

onPage({
  async start({ key, url, user, anonymous }) {
    await amplitude.init(key, user, {
      serverUrl: `${url}/2/httpapi`,
      deviceId: anonymous,
      autocapture: false,
      fetchRemoteConfig: false,
      flushIntervalMillis: 200,
      logLevel: amplitude.Types.LogLevel.None,
    }).promise;
  },
  run({ account, track, identify, group, page, revenue }) {
    const call = ({ id, at }: { id: string; at: number }) => ({ insert_id: id, time: at });
    const traits = new amplitude.Identify();
    for (const [name, value] of Object.entries(identify.traits)) traits.set(name, value);
    const company = new amplitude.Identify();
    for (const [name, value] of Object.entries(group.traits)) company.set(name, value);
    amplitude.track(track.event, track.properties, call(track));
    amplitude.identify(traits, call(identify));
    amplitude.groupIdentify('company', account, company, call(group));
    amplitude.track(
      '[Amplitude] Page Viewed',
      { '[Amplitude] Page URL': page.url, '[Amplitude] Page Title': page.title },
      call(page),
    );
    const order = new amplitude.Revenue()
      .setProductId(revenue.order)
      .setPrice(revenue.amount)
      .setQuantity(1)
      .setEventProperties({ currency: revenue.currency });
    amplitude.revenue(order, call(revenue));
  },
});
