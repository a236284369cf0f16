import { placesOf } from '../contract/bots.ts';
import { consentBits, leftOutConsents } from '../contract/consent.ts';
import type { Consent } from '../contract/event.ts';
import { botLayers, defaultSettings, type ProjectSettings } from '../contract/project-settings.ts';

/** The sections of a project's settings that say what counts. */
export type CountingRules = Pick<ProjectSettings, 'bots' | 'consent' | 'plan'>;

/** Everything that came: for lists of what there is, and for looking at what is left out. */
export const everything: CountingRules = {
  bots: { ...defaultSettings.bots, policy: 'count' },
  consent: { denied: 'count', unknown: 'count' },
  plan: { unplanned: 'count', violating: 'count' },
};

interface Counted {
  readonly rules: CountingRules;
  /** Of one chart: bots count, whatever the project says. */
  readonly includeBots: boolean;
}

/**
 * THE place where policies apply: conditions on rows of `tributary.events` that count. Nothing of it is stored, so that another policy holds
 * for the past at once. Constants only, no values of users.
 */
export function countedEvents({ rules, includeBots }: Counted): string[] {
  const { plan } = rules;
  return [
    ...withoutBots(rules, includeBots),
    ...notIn('consent', leftOutConsents(rules.consent)),
    ...notIn(
      'plan_status',
      (['unplanned', 'violating'] as const).filter((status) => plan[status] === 'hide'),
    ),
  ];
}

/**
 * The same for `tributary.sessions`: a session counts when consent lets one of its events count. The tracking plan is about events: a
 * session stays, whatever it says of some of them.
 */
export function countedSessions({ rules, includeBots }: Counted): string[] {
  const left = leftOutConsents(rules.consent);
  const conditions = withoutBots(rules, includeBots);
  if (left.length > 0) conditions.push(`bitAnd(consents, ${bitsWithout(left)}) != 0`);
  return conditions;
}

function withoutBots({ bots }: CountingRules, includeBots: boolean): string[] {
  return includeBots || bots.policy === 'count' ? [] : [`${botScoreSql(bots)} < ${bots.threshold}`];
}

function notIn(column: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`${column} NOT IN (${values.map((value) => `'${value}'`).join(', ')})`];
}

/** The score of an event or a session as far as the layers of a policy say. All layers: the column that every query can afford. */
export function botScoreSql({ layers }: Pick<ProjectSettings['bots'], 'layers'>): string {
  const places = placesOf(layers);
  if (places.length === botLayers.length) return 'bot_score';
  return places.length === 0 ? '0' : `(${places.map(layerScoreSql).join(' + ')})`;
}

/** The score of one layer, by its place. */
export function layerScoreSql(place: number): string {
  return place === 0 ? 'bitAnd(bot_layers, 255)' : `bitAnd(bitShiftRight(bot_layers, ${place * 8}), 255)`;
}

function bitsWithout(left: readonly (Consent | '')[]): number {
  return Object.entries(consentBits).reduce(
    (bits, [said, bit]) => (left.includes(said as Consent | '') ? bits : bits | bit),
    0,
  );
}
