import type { JsonValue } from '../contract/event.ts';
import type { DoorName } from './format.ts';

/** A request that carries items, as the collector takes it. */
export interface WireRequest {
  /** The protocol in whose words it is, and its path there. */
  readonly protocol: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Door = (items: readonly JsonValue[], key: string) => WireRequest;

const json = { 'content-type': 'application/json' };
const basic = (key: string) => ({
  ...json,
  authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
});

const doors: Readonly<Record<DoorName, Door>> = {
  amplitude: (events, key) => ({
    protocol: 'amplitude',
    path: '/batch',
    headers: json,
    body: JSON.stringify({ api_key: key, events }),
  }),
  mixpanel: (events, key) => ({
    protocol: 'mixpanel',
    path: '/import',
    headers: basic(key),
    body: JSON.stringify(events),
  }),
  'mixpanel-people': (people, key) => ({
    protocol: 'mixpanel',
    path: '/engage',
    headers: json,
    body: JSON.stringify(people.map((person) => ({ $token: key, ...(person as object) }))),
  }),
  posthog: (batch, key) => ({
    protocol: 'posthog',
    path: '/batch',
    headers: json,
    body: JSON.stringify({ api_key: key, historical_migration: true, batch }),
  }),
  segment: (batch, key) => ({
    protocol: 'segment',
    path: '/v1/batch',
    headers: basic(key),
    body: JSON.stringify({ batch }),
  }),
  tributary: (events, key) => ({
    protocol: 'tributary',
    path: '/t',
    headers: json,
    body: JSON.stringify({ k: key, e: events }),
  }),
};

/** The request that carries these items through a door. */
export function requestOf(door: DoorName, items: readonly JsonValue[], key: string): WireRequest {
  return doors[door](items, key);
}
