import { decline, monthlyRevenue, subscribe } from './accounts.ts';
import { hour } from './calendar.ts';
import { serverGroup, serverTrack } from './session.ts';
import type { Account, Person, World } from './world.ts';

/** What the back end does with an account on a day: trial end, invoices, plan changes, cancellation. */
export function billingDay(world: World, account: Account, index: number): void {
  const founder = account.members[0];
  if (!founder) return;
  if (account.status === 'trial' && index >= account.trialEndsDay) endTrial(world, account, founder, index);
  if (account.status !== 'paying') return;
  if (index >= account.cancelDay) {
    cancel(world, account, founder, index);
    return;
  }
  const age = index - account.subscribedDay;
  if (age > 0 && age % 30 === 0) chargeMonth(world, account, founder, index);
  if (index === account.retryDay) retryCharge(world, account, founder, index);
  if (age > 7) maybeChangePlan(world, account, founder, index);
}

/** Charges run at night, people decide in the day. */
function chargeTime({ random, calendar }: World, index: number): number {
  return calendar.dayStart(index) + random.between(2, 6) * hour;
}

function officeTime({ random, calendar }: World, person: Person, index: number): number {
  return calendar.moment('work', person.place.city.timezone, index, random.next());
}

function money(account: Account): { revenue: number; currency: string } {
  return { revenue: monthlyRevenue(account), currency: account.currency };
}

function endTrial(world: World, account: Account, founder: Person, index: number): void {
  const { random } = world;
  const at = officeTime(world, founder, index);
  if (random.chance(account.activated ? 0.34 + 0.3 * account.fit : 0.05)) {
    subscribe(random, account, index, index + 30);
    const { plan, seats } = account;
    serverTrack(world, at, founder, 'Subscription Started', {
      plan,
      seats,
      interval: 'monthly',
      ...money(account),
    });
  } else {
    account.status = 'free';
    serverTrack(world, at, founder, 'Trial Ended', { plan: 'free' });
    // Some go on with the free plan; most drift away.
    for (const member of account.members)
      if (!random.chance(account.activated ? 0.5 : 0.12))
        member.leavesDay = Math.min(member.leavesDay, index + Math.floor(random.exponential(6)));
  }
  serverGroup(world, at + 1_000, founder);
}

function chargeMonth(world: World, account: Account, founder: Person, index: number): void {
  const { random } = world;
  const at = chargeTime(world, index);
  if (random.chance(0.025 + 0.4 * decline(account, index))) {
    const reason = random.pick(['card_expired', 'insufficient_funds', 'card_declined']);
    const { revenue, currency } = money(account);
    serverTrack(world, at, founder, 'Payment Failed', { reason, amount: revenue, currency, attempt: 1 });
    account.retryDay = index + 3;
  } else payInvoice(world, account, founder, at);
}

function retryCharge(world: World, account: Account, founder: Person, index: number): void {
  const at = chargeTime(world, index);
  if (world.random.chance(0.75)) {
    payInvoice(world, account, founder, at);
    return;
  }
  const { revenue, currency } = money(account);
  serverTrack(world, at, founder, 'Payment Failed', {
    reason: 'card_declined',
    amount: revenue,
    currency,
    attempt: 2,
  });
}

function payInvoice(world: World, account: Account, founder: Person, at: number): void {
  // Seats follow the team once a month, with the invoice.
  account.seats = Math.max(account.seats, account.members.filter((member) => member.leavesDay > 1e6).length);
  const { plan, seats } = account;
  const invoice = `in_${world.random.hex(10)}`;
  serverTrack(world, at, founder, 'Invoice Paid', { invoice_id: invoice, plan, seats, ...money(account) });
  serverGroup(world, at + 1_000, founder);
}

function maybeChangePlan(world: World, account: Account, founder: Person, index: number): void {
  const { random } = world;
  const up = account.plan === 'pro' && account.fit > 0.55 && random.chance(0.004);
  const down = account.plan === 'business' && random.chance(0.0005 + 0.012 * decline(account, index));
  if (!up && !down) return;
  const before = monthlyRevenue(account);
  const from = account.plan;
  account.plan = up ? 'business' : 'pro';
  const change = { from, to: account.plan, direction: up ? 'upgrade' : 'downgrade' };
  const at = officeTime(world, founder, index);
  serverTrack(world, at, founder, 'Plan Changed', {
    ...change,
    seats: account.seats,
    mrr_before: before,
    mrr_after: monthlyRevenue(account),
  });
  serverGroup(world, at + 1_000, founder);
}

function cancel(world: World, account: Account, founder: Person, index: number): void {
  const { random } = world;
  const at = officeTime(world, founder, index);
  serverTrack(world, at, founder, 'Subscription Cancelled', {
    reason: random.pick([
      'too expensive',
      'missing features',
      'not used enough',
      'switched',
      'project ended',
    ]),
    plan: account.plan,
    seats: account.seats,
    tenure_days: index - account.subscribedDay,
    mrr: monthlyRevenue(account),
    currency: account.currency,
  });
  account.status = 'cancelled';
  account.plan = 'free';
  serverGroup(world, at + 1_000, founder);
  for (const member of account.members)
    member.leavesDay = Math.min(member.leavesDay, index + random.whole(0, 3));
}
