import type { Draft } from '../step.ts';
import type { Habits } from './habits.ts';
import { type Finding, finding, type Layer, nothing } from './layer.ts';

/** More per minute than hands can do: events and pages of one visitor in the minute before the event, by the time of the events. */
export const rateLayer: Layer = { name: 'rate', find };

const minute = 60_000;

/** From so many a minute on; people who play with a filter make one page view with every letter that they type. */
const steps = [
  { pages: 120, events: 600, finding: finding('rate', 80, '120 pages or 600 events a minute') },
  { pages: 60, events: 300, finding: finding('rate', 60, '60 pages or 300 events a minute') },
  { pages: 30, events: 120, finding: finding('rate', 30, '30 pages or 120 events a minute') },
] as const;

function find({ row }: Draft, habits: Habits | undefined): Finding {
  if (habits === undefined) return nothing;
  const { timestamp, type } = row;
  const now = Math.floor(timestamp / minute);
  // What comes late by more than a minute belongs to one that is not counted any more.
  if (now < habits.minute) return known(habits.rate);
  if (now > habits.minute) {
    const next = now === habits.minute + 1;
    habits.eventsBefore = next ? habits.events : 0;
    habits.pagesBefore = next ? habits.pages : 0;
    habits.minute = now;
    habits.events = 0;
    habits.pages = 0;
  }
  habits.events++;
  if (type === 'page' || type === 'screen') habits.pages++;
  if (habits.events + habits.eventsBefore < steps[2].pages) return known(habits.rate);
  // The part of the minute before that lies within 60 seconds: as if its events were spread evenly.
  const share = 1 - (timestamp % minute) / minute;
  const events = habits.events + habits.eventsBefore * share;
  const pages = habits.pages + habits.pagesBefore * share;
  for (const step of steps) {
    if (pages < step.pages && events < step.events) continue;
    if (step.finding.score > habits.rate) habits.rate = step.finding.score;
    break;
  }
  return known(habits.rate);
}

function known(score: number): Finding {
  if (score === 0) return nothing;
  return steps.find((step) => step.finding.score === score)?.finding ?? nothing;
}
