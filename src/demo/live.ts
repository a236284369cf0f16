import { setTimeout as sleep } from 'node:timers/promises';
import { sources } from './acquisition.ts';
import { day, minute } from './calendar.ts';
import { activity } from './people.ts';
import { workSession } from './product.ts';
import { Weighted } from './random.ts';
import { history, liveDay, takeUntil } from './simulate.ts';
import { arrivals, newVisitor, visit } from './visits.ts';
import type { Emitted, Person, World } from './world.ts';

/** Extra sessions per second: many at first, so that a newcomer sees something happen, then few. */
const extraAtFirst = 0.1;
const extraLater = 0.012;
const halfLife = 8 * minute;

/** The story going on in real time: the days after the history, and some more visits while somebody may be looking. */
export class LiveStory {
  readonly #world: World;
  readonly #began: number;
  #day: number;
  #asked: number;

  /** `world` has lived until the end of the day of its `now`. Events before `since` are taken as sent. */
  constructor(world: World, since: number, began: number) {
    this.#world = world;
    this.#began = began;
    this.#asked = began;
    this.#day = world.calendar.days - 1;
    takeUntil(world, since);
  }

  /** Lives one more day if it has begun at `at`, and says up to when (at most `at`) the story is known. */
  catchUp(at: number): number {
    const { calendar } = this.#world;
    if (at >= calendar.dayStart(this.#day + 1)) {
      this.#day++;
      liveDay(this.#world, this.#day);
    }
    return Math.min(at, calendar.dayStart(this.#day + 1));
  }

  /** Some sessions of the last half hour, for a list that would be empty otherwise. */
  warmUp(at: number): void {
    // Most of them recent, so that some are still going on.
    for (let count = 0; count < 40; count++)
      this.#extraSession(at - this.#world.random.next() ** 2 * 30 * minute, at);
  }

  /** Lets some more people come, for the time since this was last called. */
  enliven(at: number): void {
    const { random } = this.#world;
    const rate = extraLater + extraAtFirst * 0.5 ** ((at - this.#began) / halfLife);
    const waited = Math.min(minute, Math.max(0, at - this.#asked));
    this.#asked = at;
    for (let left = random.poisson((rate * waited) / 1_000); left > 0; left--) this.#extraSession(at, at);
  }

  /** What happened before `end` and was not handed out yet, in order of time. */
  take(end: number): Emitted[] {
    return takeUntil(this.#world, end);
  }

  #extraSession(at: number, now: number): void {
    const { random, calendar } = this.#world;
    const index = Math.floor((now - calendar.start) / day);
    const person = random.chance(0.65) ? this.#somebodyActive(index) : undefined;
    if (person) {
      workSession(this.#world, person, at);
      return;
    }
    const source = new Weighted(sources.map((item) => [item, arrivals(this.#world, item, index)] as const));
    visit(this.#world, newVisitor(this.#world, source.draw(random)), at, index, true);
  }

  #somebodyActive(index: number): Person | undefined {
    for (let tries = 0; tries < 40; tries++) {
      const person = this.#world.random.pick(this.#world.people);
      if (activity(this.#world, person, index) > 0) return person;
    }
    return undefined;
  }
}

/** Lives the whole history again without sending it, in small pieces so that nobody notices. */
export async function relive(world: World, signal: AbortSignal | undefined): Promise<void> {
  for (const _ of history(world)) await sleep(60, undefined, signal ? { signal } : {});
}
