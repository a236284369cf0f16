import Plausible from 'plausible-tracker';
import { onPage } from './page.ts';

// the bundler takes the package's module, the compiler its CommonJS
const create = Plausible as unknown as typeof Plausible.default;
let client: ReturnType<typeof create>;
onPage({
  start({ key, url }) {
    client = create({ domain: key, apiHost: url, trackLocalhost: true });
  },
  async run({ track }) {
    const { format, rows, note } = track.properties;
    // one after the other: what a client that never sends again loses are then the first ones
    await new Promise<void>((resolve) => {
      client.trackEvent(track.event, {
        props: { format, rows, note },
        callback: resolve,
      });
    });
    await new Promise<void>((resolve) => client.trackPageview({}, { callback: resolve }));
  },
});
