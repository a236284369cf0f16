import { Umami } from '@umami/node';
import { journey } from './asked.ts';

const { track, identify, page } = journey;
const client = new Umami({ hostUrl: journey.url, websiteId: journey.key });
const { hostname, pathname, search } = new URL(page.url);
const lost = () => undefined;

const { format, rows, note } = track.properties;
await client.track(track.event, { format, rows, note }).catch(lost);
await client.identify(identify.traits).catch(lost);
await client.track({ hostname, url: `${pathname}${search}`, title: page.title }).catch(lost);
