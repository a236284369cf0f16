import { init, track as send } from '@plausible-analytics/tracker';
import { onPage } from './page.ts';

onPage({
  start({ key, url }) {
    init({
      domain: key,
      endpoint: `${url}/api/event`,
      captureOnLocalhost: true,
      autoCapturePageviews: false,
      logging: false,
    });
  },
  async run({ track, revenue }) {
    const { format, rows, note } = track.properties;
    const { event, amount, currency } = revenue;
    const one = (name: string, options: object) =>
      new Promise<void>((resolve) => {
        send(name, { ...options, callback: () => resolve() });
      });
    await one(track.event, { props: { format, rows: `${rows}`, note } });
    await one('pageview', {});
    await one(event, { revenue: { amount, currency } });
  },
});
