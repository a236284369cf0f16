import { createRequire } from 'node:module';
import { answered, journey } from './asked.ts';

interface Tracker {
  track(parameters: object): void;
  on(event: 'error', listener: () => void): void;
}
const MatomoTracker: new (site: string, url: string) => Tracker = createRequire(import.meta.url)(
  'matomo-tracker',
);
const { user, track, page, revenue } = journey;
const client = new MatomoTracker(journey.key, `${journey.url}/matomo.php`);
client.on('error', () => undefined);
const call = ({ at }: { at: number }) => ({ uid: user, cdt: Math.floor(at / 1_000), url: page.url });

const { format, rows } = track.properties;
await answered(() =>
  client.track({ ...call(track), e_c: 'reports', e_a: track.event, e_n: format, e_v: rows }),
);
await answered(() => client.track({ ...call(page), action_name: page.title }));
await answered(() =>
  client.track({
    ...call(revenue),
    idgoal: 0,
    ec_id: revenue.order,
    revenue: revenue.amount,
    ec_items: JSON.stringify(
      revenue.items.map(({ id, name, price, quantity }) => [id, name, '', price, quantity]),
    ),
  }),
);
