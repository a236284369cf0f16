import type { EventRow, SessionRow } from '../contract/row.ts';
import { eventRow, personKey, sessionRow } from './test-warehouse.ts';

/** A small made-up product: the same every time, with what is difficult in it. */
export interface Product {
  readonly events: readonly EventRow[];
  readonly sessions: readonly SessionRow[];
  /** Person of an event or session after identities are resolved. */
  personOf(row: { readonly person_key: bigint }): bigint;
  /** Keys that were joined: from, to. */
  readonly joined: readonly (readonly [bigint, bigint])[];
}

const minute = 60_000;
const paths = ['/', '/pricing', '/docs', '/app', '/app/notes'];
const countries = ['DE', 'US', 'FR', ''];
const sources = ['google', 'newsletter', ''];

/** About 60 people over the days around the change of clocks in Berlin (29 March 2026), a tenth of them bots. */
export function makeProduct(project: string, seed: number): Product {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const events: EventRow[] = [];
  const sessions: SessionRow[] = [];
  const joined: [bigint, bigint][] = [];
  for (let person = 0; person < 60; person++) {
    const name = `person-${person}`;
    if (person % 6 === 0) joined.push([personKey(project, `anonymous-${person}`), personKey(project, name)]);
    const fixed = { country: pick(countries), bot_score: person % 10 === 9 ? 80 : 0 };
    for (let visit = 0; visit < 4; visit++) {
      const who = person % 6 === 0 && visit < 2 ? `anonymous-${person}` : name;
      const begin = Date.UTC(2026, 2, 20) + Math.floor(random() * 18 * 24 * 60) * minute;
      const session_key = personKey(project, `${name} visit ${visit}`);
      const source = pick(sources);
      const ofVisit = visitOf({ project, person: who, session_key, source, ...fixed }, begin, random);
      events.push(...ofVisit);
      // an older snapshot that the newer one replaces
      sessions.push(sessionRow(ofVisit.slice(0, 1), 1), sessionRow(ofVisit, 2));
    }
    // what a server says belongs to no session
    events.push(
      eventRow({
        project,
        person: name,
        event: 'invoiced',
        timestamp: Date.UTC(2026, 2, 25, person % 24),
        ...fixed,
      }),
    );
  }
  const today = new Map(joined);
  return {
    events,
    sessions,
    joined,
    personOf: ({ person_key }) => today.get(person_key) ?? person_key,
  };
}

type Visitor = Parameters<typeof eventRow>[0];

/** One to four events, the first of them a page view. */
function visitOf(
  fixed: Omit<Visitor, 'event' | 'timestamp'>,
  begin: number,
  random: () => number,
): EventRow[] {
  const events: EventRow[] = [];
  const length = 1 + Math.floor(random() * 4);
  for (let step = 0, at = begin; step < length; step++, at += Math.floor(random() * 20) * 1_500) {
    const isPage = step === 0 || random() < 0.5;
    const amount = Math.floor(random() * 100);
    const properties = isPage ? { plan: random() < 0.5 ? 'free' : 'pro' } : { amount, cart: { size: step } };
    events.push(
      eventRow({
        ...fixed,
        event: isPage ? 'page' : 'paid',
        timestamp: at,
        path: paths[Math.floor(random() * paths.length)] ?? '',
        revenue: isPage ? null : amount,
        properties: JSON.stringify(properties),
      }),
    );
  }
  return events;
}

/** The current state of each session. */
export function currentSessions(product: Product): SessionRow[] {
  return product.sessions.filter((session) => session.version === 2);
}

/** A small generator with a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
