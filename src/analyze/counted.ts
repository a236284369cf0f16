import { placesOf } from '../contract/bots.ts';
import { consentBits, leftOutConsents } from '../contract/consent.ts';
import type { Consent } from '../contract/event.ts';
import { botLayers, type ProjectSettings } from '../contract/project-settings.ts';

/** The sections of a project's settings that say what counts. */
export type CountingRules = Pick<ProjectSettings, 'bots' | 'consent'>;

/** Everything that came: for lists of what there is, and for looking at what is left out. */
export const everything: CountingRules = {
  bots: { policy: 'count', threshold: 50, layers: [...botLayers] },
  consent: { denied: 'count', unknown: 'count' },
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
  const conditions = people(rules, includeBots);
  const left = leftOutConsents(rules.consent);
  if (left.length > 0) conditions.push(`consent NOT IN (${left.map((said) => `'${said}'`).join(', ')})`);
  return conditions;
}

/** The same for `tributary.sessions`: a session counts when consent lets one of its events count. */
export function countedSessions({ rules, includeBots }: Counted): string[] {
  const conditions = people(rules, includeBots);
  const left = leftOutConsents(rules.consent);
  if (left.length > 0) conditions.push(`bitAnd(consents, ${bitsWithout(left)}) != 0`);
  return conditions;
}

function people(rules: CountingRules, includeBots: boolean): string[] {
  return includeBots || rules.bots.policy === 'count'
    ? []
    : [`${botScoreSql(rules.bots)} < ${rules.bots.threshold}`];
}

/** The score of an event or a session as far as the layers of a policy say. All layers: the column that every query can afford. */
export function botScoreSql({ layers }: Pick<ProjectSettings['bots'], 'layers'>): string {
  const places = placesOf(layers);
  if (places.length === botLayers.length) return 'bot_score';
  return places.length === 0 ? '0' : `(${places.map(scoreSql).join(' + ')})`;
}

/** The score of one layer, by its place. */
export function scoreSql(place: number): string {
  return place === 0 ? 'bitAnd(bot_layers, 255)' : `bitAnd(bitShiftRight(bot_layers, ${place * 8}), 255)`;
}

function bitsWithout(left: readonly (Consent | '')[]): number {
  return Object.entries(consentBits).reduce(
    (bits, [said, bit]) => (left.includes(said as Consent | '') ? bits : bits | bit),
    0,
  );
}
