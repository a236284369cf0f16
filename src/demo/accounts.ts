import { companyName } from './names.ts';
import type { City } from './places.ts';
import { type Random, Weighted } from './random.ts';
import type { Account, Currency, World } from './world.ts';

const industries = [
  'Software',
  'Consulting',
  'Marketing agency',
  'Education',
  'Healthcare',
  'Finance',
  'E-commerce',
  'Non-profit',
  'Manufacturing',
  'Media',
];
const sizes = new Weighted<readonly [label: string, low: number, high: number]>([
  [['1', 1, 1], 24],
  [['2-10', 2, 6], 44],
  [['11-50', 3, 12], 22],
  [['51-200', 5, 22], 8],
  [['201-1000', 8, 40], 2],
]);
const euro = new Set(['DE', 'FR', 'ES', 'IT', 'NL', 'BE', 'AT', 'IE', 'FI', 'PT']);

function currencyOf({ country }: City): Currency {
  if (country === 'GB') return 'GBP';
  return euro.has(country) ? 'EUR' : 'USD';
}

/** A new workspace on its trial. `quality` is the acquisition's: 1 is average. */
export function newAccount(world: World, at: number, index: number, city: City, quality: number): Account {
  const { random, accounts } = world;
  const [size, low, high] = sizes.draw(random);
  const fit = Math.min(1, random.next() ** 1.25 * (0.75 + 0.25 * quality));
  const account: Account = {
    id: `acc_${random.hex(10)}`,
    ...freeName(world),
    industry: random.pick(industries),
    size,
    seatsWanted: random.whole(low, high),
    currency: currencyOf(city),
    createdAt: at,
    createdDay: index,
    fit,
    activated: random.chance(0.05 + 0.75 * fit),
    integrations: new Set(),
    members: [],
    status: random.chance(0.8) ? 'trial' : 'free',
    plan: 'free',
    seats: 1,
    subscribedDay: Number.POSITIVE_INFINITY,
    trialEndsDay: Number.POSITIVE_INFINITY,
    cancelDay: Number.POSITIVE_INFINITY,
    retryDay: Number.POSITIVE_INFINITY,
  };
  if (account.status === 'trial') account.trialEndsDay = index + random.whole(12, 15);
  accounts.push(account);
  return account;
}

function freeName({ random, domains }: World): { name: string; domain: string } {
  for (;;) {
    const name = companyName(random);
    if (domains.has(name.domain)) continue;
    domains.add(name.domain);
    return name;
  }
}

/** Makes an account a paying one and decides, unknown to everybody, when it will leave. */
export function subscribe(random: Random, account: Account, index: number, notBefore: number): void {
  const { fit, seatsWanted, members } = account;
  account.status = 'paying';
  account.plan = seatsWanted > 5 && random.chance(0.3 + 0.4 * fit) ? 'business' : 'pro';
  account.seats = Math.max(1, members.length);
  account.subscribedDay = index;
  const monthlyLeaving = fit < 0.35 ? 0.28 : fit < 0.6 ? 0.12 : 0.04;
  account.cancelDay = notBefore + Math.round(random.exponential(30 / monthlyLeaving));
}

/** Days over which an account that will cancel loses interest. */
const declineDays = 30;

/** How far the account has lost interest: 0 not at all, 1 on the day it cancels. */
export function decline({ cancelDay }: Account, index: number): number {
  return Math.min(1, Math.max(0, (declineDays - (cancelDay - index)) / declineDays));
}

/** Price of a seat per month, in the account's currency. */
const prices = {
  free: { USD: 0, EUR: 0, GBP: 0 },
  pro: { USD: 12, EUR: 11, GBP: 10 },
  business: { USD: 22, EUR: 20, GBP: 18 },
} as const;

export function monthlyRevenue({ status, plan, seats, currency }: Account): number {
  return status === 'paying' ? prices[plan][currency] * seats : 0;
}
