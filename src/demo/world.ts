import type { Calendar } from './calendar.ts';
import type { Device } from './devices.ts';
import type { Message } from './message.ts';
import type { Place } from './places.ts';
import type { Random } from './random.ts';
import type { Visitor } from './visits.ts';

export type Plan = 'free' | 'pro' | 'business';
export type Currency = 'USD' | 'EUR' | 'GBP';

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: string;
  readonly account: Account;
  readonly place: Place;
  /** The first is the main one. */
  readonly devices: readonly Device[];
  /** Devices on which this person has signed in. */
  readonly signedIn: Set<Device>;
  readonly createdAt: number;
  readonly createdDay: number;
  /** Sessions per plain weekday when settled in. */
  readonly engagement: number;
  /** Features in the order of this person's liking: those who lose interest keep the first few. */
  readonly taste: readonly number[];
  /** Day on which this person starts to use AI summaries; Infinity for never. */
  readonly summariesFrom: number;
  /** Onboarding steps this person will ever do, and has done. */
  readonly stepsWanted: number;
  stepsDone: number;
  /** Last day of use; Infinity while the person stays. */
  leavesDay: number;
}

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  readonly industry: string;
  readonly size: string;
  /** People it can hold when everybody has joined. */
  readonly seatsWanted: number;
  readonly currency: Currency;
  readonly createdAt: number;
  readonly createdDay: number;
  /** How well the product fits, 0…1: drives activation, conversion, growth and leaving. */
  readonly fit: number;
  readonly activated: boolean;
  readonly integrations: Set<string>;
  readonly members: Person[];
  status: 'trial' | 'free' | 'paying' | 'cancelled';
  plan: Plan;
  seats: number;
  subscribedDay: number;
  trialEndsDay: number;
  /** Day of cancellation, decided when the subscription starts; Infinity while it stays. */
  cancelDay: number;
  retryDay: number;
}

export interface Invitation {
  readonly account: Account;
  readonly inviter: Person;
  readonly email: string;
  readonly name: string;
  readonly id: string;
}

export interface Emitted {
  readonly at: number;
  readonly message: Message;
}

/** Everything that is known while the story is told. */
export interface World {
  readonly calendar: Calendar;
  readonly random: Random;
  /** Ids of messages come from a stream of their own, so that history and live events never share one. */
  readonly ids: Random;
  readonly accounts: Account[];
  readonly people: Person[];
  readonly invitations: Map<number, Invitation[]>;
  /** Visitors who will come back on a day. */
  readonly returns: Map<number, Visitor[]>;
  /** Names taken, so that no two accounts share a domain. */
  readonly domains: Set<string>;
  /** Events that happened and were not handed out yet, in no order. */
  readonly pending: Emitted[];
}

export function schedule<T>(plan: Map<number, T[]>, index: number, item: T): void {
  const items = plan.get(index);
  if (items) items.push(item);
  else plan.set(index, [item]);
}

/** Hands out what was planned for a day. */
export function due<T>(plan: Map<number, T[]>, index: number): T[] {
  const items = plan.get(index) ?? [];
  plan.delete(index);
  return items;
}
