import { describe, expect, test } from 'vitest';
import { day } from './calendar.ts';
import { demoDays, generateDemo } from './demo.ts';
import type { Message } from './message.ts';

const now = Date.parse('2026-03-18T15:20:00Z');
const whole = [...generateDemo({ now })].flat();
const at = (message: Message): number => Date.parse(message.originalTimestamp);
const named = (name: string): Message[] => whole.filter(({ event }) => event === name);
const people = (messages: readonly Message[]): Set<string> =>
  new Set(messages.flatMap(({ userId }) => (userId === undefined ? [] : [userId])));

test('the same seed and moment tell the same story with the same ids, another seed another one', () => {
  const part = (seed: number) => JSON.stringify([...generateDemo({ seed, now, days: 3 })]);
  const once = part(3);
  expect(part(3) === once).toBe(true);
  expect(part(4) === once).toBe(false);
});

test('another moment gives other ids, so two installations never share one', () => {
  const known = new Set(whole.map(({ messageId }) => messageId));
  const later = [...generateDemo({ now: now + 60_000, days: 3 })].flat();
  expect(later.length).toBeGreaterThan(500);
  expect(later.filter(({ messageId }) => known.has(messageId))).toEqual([]);
});

test('the history has 200,000 to 300,000 events of some thousand people in some hundred accounts', () => {
  expect(whole.length).toBeGreaterThan(200_000);
  expect(whole.length).toBeLessThan(300_000);
  expect(people(whole).size).toBeGreaterThan(1_500);
  expect(people(whole).size).toBeLessThan(4_000);
  const accounts = new Set(whole.flatMap(({ groupId }) => (groupId === undefined ? [] : [groupId])));
  expect(accounts.size).toBeGreaterThan(400);
  expect(accounts.size).toBeLessThan(1_000);
});

test('events come in order of time, from the first day until now and not after', () => {
  let unordered = 0;
  for (let index = 1; index < whole.length; index++)
    if (at(whole[index] as Message) < at(whole[index - 1] as Message)) unordered++;
  expect(unordered).toBe(0);
  expect(at(whole[0] as Message)).toBeGreaterThan(now - demoDays * day);
  expect(at(whole.at(-1) as Message)).toBeLessThan(now);
  expect(at(whole.at(-1) as Message)).toBeGreaterThan(now - 30 * 60_000);
});

test('every message is a valid Segment message with an id of its own', () => {
  expect(new Set(whole.map(({ messageId }) => messageId)).size).toBe(whole.length);
  const wrong = whole.filter((message) => {
    const somebody = message.userId ?? message.anonymousId;
    return !somebody || !subject(message) || message.messageId.length >= 100 || !message.context.library.name;
  });
  expect(wrong).toEqual([]);
});

/** What a message of its type must have beside ids. */
function subject({ type, event, name, properties, traits, groupId }: Message): unknown {
  switch (type) {
    case 'track':
      return event && properties;
    case 'page':
      return properties?.url;
    case 'screen':
      return name;
    case 'identify':
      return traits?.email;
    case 'group':
      return groupId && traits?.name;
  }
}

test('page views carry their page and browser, screens their app, server events neither', () => {
  const pages = whole.filter(({ type }) => type === 'page');
  const screens = whole.filter(({ type }) => type === 'screen');
  expect(
    pages.filter(({ context }) => !context.page?.url.startsWith('https://') || !context.userAgent),
  ).toEqual([]);
  expect(screens.length).toBeGreaterThan(5_000);
  expect(screens.filter(({ context }) => context.page || !context.app?.version || !context.os)).toEqual([]);
  expect(named('Invoice Paid').filter((m) => m.anonymousId || m.context.page || !m.userId)).toEqual([]);
});

test('an address of a landing page says what its campaign context says', () => {
  const tagged = whole.filter(({ type, context }) => type === 'page' && context.campaign);
  expect(tagged.length).toBeGreaterThan(2_000);
  const wrong = tagged.filter(({ context }) => {
    const query = new URL(context.page?.url ?? '').searchParams;
    return (
      query.get('utm_campaign') !== context.campaign?.name ||
      query.get('utm_source') !== context.campaign.source
    );
  });
  expect(wrong).toEqual([]);
});

describe('the business', () => {
  test('2 to 4 in a hundred visitors sign up, and 15 to 35 in a hundred ended trials become customers', () => {
    const anonymous = new Set(
      whole.flatMap(({ anonymousId, context, type }) =>
        type === 'page' && anonymousId && !/bot|Headless|Uptime/i.test(context.userAgent ?? '')
          ? [anonymousId]
          : [],
      ),
    );
    const rate = named('Signed Up').length / anonymous.size;
    expect(rate).toBeGreaterThan(0.02);
    expect(rate).toBeLessThan(0.04);
    const started = named('Subscription Started').length;
    const conversion = started / (started + named('Trial Ended').length);
    expect(conversion).toBeGreaterThan(0.15);
    expect(conversion).toBeLessThan(0.4);
  });

  test('a month after they joined, a quarter to two fifths of the people still come in a week', () => {
    const joined = new Map(
      [...named('Signed Up'), ...named('Invitation Accepted')].map((m) => [m.userId, at(m)]),
    );
    const old = [...joined].filter(([, since]) => since < now - 56 * day);
    const back = new Set<string>();
    for (const message of whole) {
      const since = joined.get(message.userId);
      if (since === undefined || !message.userId || !message.anonymousId) continue;
      const age = at(message) - since;
      if (age >= 42 * day && age < 49 * day) back.add(message.userId);
    }
    const share = old.filter(([id]) => id && back.has(id)).length / old.length;
    expect(share).toBeGreaterThan(0.22);
    expect(share).toBeLessThan(0.42);
  });

  test('accounts that did three onboarding steps in their first week become customers far more often', () => {
    const founded = new Map(named('Signed Up').map((m) => [m.userId, at(m)]));
    const steps = new Map<string, number>();
    for (const { userId, ...m } of named('Onboarding Step Completed')) {
      const since = founded.get(userId);
      const early = since !== undefined && Date.parse(m.originalTimestamp) - since < 7 * day;
      if (userId && early) steps.set(userId, (steps.get(userId) ?? 0) + 1);
    }
    const customers = people(named('Subscription Started'));
    const decided = [...founded].filter(([, since]) => since < now - 20 * day);
    const conversion = (active: boolean) => {
      const group = decided.filter(([id]) => id !== undefined && (steps.get(id) ?? 0) >= 3 === active);
      return group.filter(([id]) => id !== undefined && customers.has(id)).length / group.length;
    };
    expect(conversion(true)).toBeGreaterThan(3 * conversion(false));
  });

  test('accounts that cancel use the product less, and less of it, in their last two weeks than a month before', () => {
    const cancelled = new Map(named('Subscription Cancelled').map((m) => [m.context.groupId, at(m)]));
    expect(cancelled.size).toBeGreaterThan(20);
    const before = { events: 0, kinds: new Set<string>() };
    const last = { events: 0, kinds: new Set<string>() };
    for (const message of whole) {
      const end = cancelled.get(message.context.groupId);
      if (end === undefined || message.type !== 'track' || !message.anonymousId || at(message) > end)
        continue;
      const days = (end - at(message)) / day;
      const period = days < 14 ? last : days >= 31 && days < 45 ? before : undefined;
      if (!period) continue;
      period.events++;
      period.kinds.add(`${message.context.groupId} ${message.event}`);
    }
    expect(last.events).toBeLessThan(before.events * 0.5);
    expect(last.kinds.size).toBeLessThan(before.kinds.size * 0.7);
  });

  test('the cheap display campaign brings many visitors and next to no customers', () => {
    const visitors = (medium: string) =>
      new Set(whole.filter((m) => m.context.campaign?.medium === medium).map((m) => m.anonymousId));
    const signedUp = new Set(named('Signed Up').map((m) => m.anonymousId));
    const rate = (medium: string) => {
      const all = [...visitors(medium)];
      return all.filter((id) => signedUp.has(id)).length / all.length;
    };
    expect(visitors('display').size).toBeGreaterThan(visitors('cpc').size * 0.3);
    expect(rate('display')).toBeLessThan(rate('cpc') * 0.2);
  });

  test('the launch day is the busiest of its month and the outage shows errors', () => {
    const perDay = new Map<number, number>();
    const errors = new Map<number, number>();
    for (const message of whole) {
      const index = Math.floor(at(message) / day);
      perDay.set(index, (perDay.get(index) ?? 0) + 1);
      if (message.event === 'Error Shown') errors.set(index, (errors.get(index) ?? 0) + 1);
    }
    const arrivals = whole.filter((m) => m.context.page?.referrer === 'https://www.producthunt.com/');
    const launch = Math.floor(at(arrivals[Math.floor(arrivals.length / 3)] as Message) / day);
    const around = [...perDay].filter(([index]) => Math.abs(index - launch) < 15 && index !== launch);
    expect(perDay.get(launch)).toBeGreaterThan(Math.max(...around.map(([, count]) => count)));
    const worst = [...errors.values()].sort((a, b) => b - a);
    expect(worst[0]).toBeGreaterThan(8 * (worst[1] ?? 0));
  });

  test('a fifth of the people and more use more than one device, each with an anonymous id and an identify of its own', () => {
    const devices = new Map<string, Set<string>>();
    const strangers: string[] = [];
    const identified = new Set(whole.filter(({ type }) => type === 'identify').map((m) => m.anonymousId));
    for (const { userId, anonymousId } of whole) {
      if (userId === undefined || anonymousId === undefined) continue;
      if (!identified.has(anonymousId)) strangers.push(anonymousId);
      const known = devices.get(userId) ?? new Set();
      devices.set(userId, known.add(anonymousId));
    }
    expect(strangers).toEqual([]);
    const several = [...devices.values()].filter((ids) => ids.size > 1).length / devices.size;
    expect(several).toBeGreaterThan(0.2);
  });
});
