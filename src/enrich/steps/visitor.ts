import type { VisitorField } from '../../contract/project-settings.ts';
import type { Memory } from '../memory.ts';
import { afterEvent, noProfile, type Touch, type VisitorProfile } from '../profiles/visitor.ts';
import { addProperty, type Draft, type Step } from '../step.ts';

/**
 * The visitor's profile: what the project wants remembered of where somebody came from and what they did, on every later event as a property with `$`.
 * Of the anonymous id where there is one, so that it goes on when its visitor signs in, else of the user. Nothing is remembered while nothing is asked for.
 */
export const visitorStep: Step = { name: 'visitor', run: remember };

function remember(draft: Draft, memory: Memory): undefined {
  const { anonymous, row, user } = draft;
  const owner = anonymous ?? user;
  const { fields, counts } = memory.settings(row.project).visitor;
  if (owner === undefined || (fields.length === 0 && counts.length === 0)) return;
  const before = owner.visitor ?? noProfile;
  const profile = afterEvent(before, row, counts);
  if (profile !== before) {
    owner.visitor = profile;
    memory.changed(owner);
  }
  for (const field of fields) attach(draft, field, profile);
  for (const event of counts) {
    const count = profile.counts[event];
    if (count !== undefined) addProperty(draft, `$count_${event}`, count);
  }
}

function attach(draft: Draft, field: VisitorField, profile: VisitorProfile): void {
  if (field === 'page_views') {
    addProperty(draft, '$page_views', profile.pages);
    return;
  }
  // Somebody who only ever came directly was last touched by nothing but that.
  const touch = field.startsWith('first_') ? profile.first : (profile.last ?? profile.first);
  const value = touch && partOf(touch, field.slice(field.indexOf('_') + 1));
  if (value !== undefined && value !== '') addProperty(draft, `$${field}`, value);
}

function partOf(touch: Touch, part: string): string | undefined {
  if (part === 'time') return new Date(touch[0]).toISOString();
  const place = places[part];
  return place === undefined ? undefined : String(touch[place]);
}

const places: Readonly<Record<string, number>> = {
  channel: 1,
  source: 2,
  medium: 3,
  campaign: 4,
  referrer: 5,
  landing_page: 6,
};
