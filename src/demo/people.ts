import { decline } from './accounts.ts';
import { type Device, type DeviceKind, newDevice } from './devices.ts';
import { personName } from './names.ts';
import type { Place } from './places.ts';
import { type Random, Weighted } from './random.ts';
import type { Account, Person, World } from './world.ts';

const roles = new Weighted([
  ['Product', 18],
  ['Engineering', 24],
  ['Sales', 16],
  ['Customer success', 10],
  ['Marketing', 11],
  ['Operations', 9],
  ['Founder', 5],
  ['HR', 7],
] as const);

/** Devices of a member: nearly everybody has a computer, a third the mobile app. `first` is the one that was seen already. */
function devicesOf(random: Random, first: Device | undefined): Device[] {
  const devices = first ? [first] : [newDevice(random, random.chance(0.86) ? 'browser' : 'mobile-browser')];
  const add = (kind: DeviceKind) => devices.push(newDevice(random, kind));
  if (devices[0]?.kind === 'mobile-browser' && random.chance(0.8))
    devices.unshift(newDevice(random, 'browser'));
  if (random.chance(0.13)) add('desktop-app');
  if (random.chance(0.36)) add(random.chance(0.58) ? 'ios-app' : 'android-app');
  return devices;
}

interface Joining {
  readonly account: Account;
  readonly place: Place;
  readonly at: number;
  readonly index: number;
  readonly name?: string;
  readonly email?: string;
  readonly device?: Device;
}

export function newPerson(world: World, joining: Joining): Person {
  const { random, calendar, people } = world;
  const { account, place, at, index, device } = joining;
  const name = joining.name ?? personName(random);
  const founder = account.members.length === 0;
  const stays = random.chance(stayingChance(account, founder));
  const person: Person = {
    id: `usr_${random.hex(12)}`,
    name,
    email: joining.email ?? emailOf(name, account, account.members.length),
    role: founder && random.chance(0.5) ? 'Founder' : roles.draw(random),
    account,
    place,
    devices: devicesOf(random, device),
    signedIn: new Set(device ? [device] : []),
    createdAt: at,
    createdDay: index,
    engagement: random.lognormal(0.37, 0.5) * (0.6 + 0.8 * account.fit),
    taste: Array.from({ length: 10 }, () => random.next()),
    summariesFrom: random.chance(0.6)
      ? calendar.summariesDay + Math.floor(random.exponential(18))
      : Number.POSITIVE_INFINITY,
    stepsWanted: account.activated ? random.whole(3, 4) : random.whole(0, 3),
    stepsDone: 0,
    leavesDay: index + Math.floor(random.exponential(stays ? 900 : random.chance(0.65) ? 4 : 22)),
  };
  account.members.push(person);
  people.push(person);
  return person;
}

function stayingChance(account: Account, founder: boolean): number {
  if (account.status === 'paying') return 0.58;
  if (!account.activated) return 0.1;
  return founder ? 0.86 : 0.58;
}

export function emailOf(name: string, account: Account, number: number): string {
  const local = name.toLowerCase().replaceAll(' ', '.');
  return `${local}${number > 0 ? number : ''}@${account.domain}`;
}

/** Expected sessions of a person on a UTC day. */
export function activity({ calendar }: World, person: Person, index: number): number {
  const { account, leavesDay, createdDay, engagement } = person;
  if (index > leavesDay || index <= createdDay) return 0;
  const age = index - createdDay;
  // Activation shows in the first week, before anybody has paid.
  const fresh = age <= 7 ? (account.activated ? 1.9 : 0.8) : 1;
  const leaving = leavesDay - index < 14 && age > 14 ? Math.max(0.15, (leavesDay - index) / 14) : 1;
  const growing = account.fit > 0.6 ? Math.min(1.3, 1 + age * 0.003) : 1;
  const share = calendar.share('work', person.place.city.timezone, index) * calendar.mood(index);
  return engagement * fresh * leaving * growing * share * (1 - 0.88 * decline(account, index));
}
