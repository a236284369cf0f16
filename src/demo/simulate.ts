import { newAccount, subscribe } from './accounts.ts';
import { billingDay } from './billing.ts';
import { botsOfDay } from './bots.ts';
import { Calendar, day, hour, minute } from './calendar.ts';
import { activity, newPerson } from './people.ts';
import { placeIn, somewhere } from './places.ts';
import { workSession } from './product.ts';
import { Random } from './random.ts';
import { acceptInvitation, visitsOfDay } from './visits.ts';
import { due, type Emitted, type Person, type World } from './world.ts';

/** Accounts that were customers before the story begins. */
const earlierAccounts = 110;

export function newWorld(seed: number, now: number, days: number): World {
  const world: World = {
    calendar: new Calendar(now, days),
    random: new Random(seed),
    ids: new Random(seed ^ Math.imul(Math.floor(now / 1_000), 0x9e3779b1)),
    accounts: [],
    people: [],
    invitations: new Map(),
    returns: new Map(),
    domains: new Set(),
    pending: [],
  };
  for (let count = 0; count < earlierAccounts; count++) addEarlierAccount(world);
  return world;
}

function addEarlierAccount(world: World): void {
  const { random, calendar } = world;
  const place = somewhere(random);
  const age = random.whole(30, 420);
  const at = Math.floor(calendar.dayStart(-age) + random.between(8, 18) * hour);
  const account = newAccount(world, at, -age, place.city, 1.6);
  account.status = 'paying';
  const team = Math.ceil(account.seatsWanted * random.between(0.4, 0.9));
  for (let count = 0; count < team; count++) {
    const home = count > 0 && random.chance(0.15) ? somewhere(random) : placeIn(random, place.city);
    const person = newPerson(world, { account, place: home, at, index: -age });
    // Only those who stayed are still there.
    person.leavesDay = Number.POSITIVE_INFINITY;
    person.stepsDone = person.stepsWanted;
  }
  subscribe(random, account, -age + 14, random.whole(4, 20));
}

/** Simulates one day; afterwards `takeUntil` hands out its events. */
export function liveDay(world: World, index: number): void {
  for (const account of world.accounts) billingDay(world, account, index);
  for (const invitation of due(world.invitations, index)) acceptInvitation(world, invitation, index);
  for (const person of world.people) workDay(world, person, index);
  visitsOfDay(world, index, due(world.returns, index));
  botsOfDay(world, index);
}

/** A person's sittings of a day, one after the other: only then is a device signed in before it is used again. */
function workDay(world: World, person: Person, index: number): void {
  const { random, calendar } = world;
  const sittings = random.poisson(activity(world, person, index));
  if (sittings === 0) return;
  const { timezone } = person.place.city;
  const starts = Array.from({ length: sittings }, () =>
    calendar.moment('work', timezone, index, random.next()),
  ).sort((a, b) => a - b);
  let free = 0;
  for (const start of starts) free = workSession(world, person, Math.max(start, free)) + 5 * minute;
}

/** The pending events before `end`, in order of time; later ones wait. */
export function takeUntil(world: World, end: number): Emitted[] {
  const ready: Emitted[] = [];
  const later: Emitted[] = [];
  for (const item of world.pending) (item.at < end ? ready : later).push(item);
  world.pending.length = 0;
  for (const item of later) world.pending.push(item);
  return ready.sort((a, b) => a.at - b.at);
}

/** The whole story, day by day, ending at `now`. */
export function* history(world: World): Generator<Emitted[]> {
  const { calendar } = world;
  for (let index = 0; index < calendar.days; index++) {
    liveDay(world, index);
    yield takeUntil(world, Math.min(calendar.dayStart(index) + day, calendar.now));
  }
}
