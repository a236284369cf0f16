import { describe, expect, test } from 'vitest';
import type { CommandItem } from '../../contract/command.ts';
import type { DecodedEvent } from '../../contract/event.ts';
import { defaultSettings, type SessionRules } from '../../contract/project-settings.ts';
import { hash64 } from '../../runtime/ids.ts';
import { chrome, day, itemOf, minute, noon, pageView } from '../items.fixture.ts';
import { sessionsInMemory } from '../memory.fixture.ts';

const view = (minutes: number, event: Partial<DecodedEvent> = {}) =>
  itemOf(pageView({ anonymousId: 'anon1', occurredAt: noon - day + minutes * minute, ...event }));
const at = (minutes: number) => noon - day + minutes * minute;
/** What a backend sends: who, and nothing about a browser. */
const backend = (minutes: number, event: Partial<DecodedEvent> = {}) =>
  itemOf({ userId: 'ann', occurredAt: at(minutes), library: 'analytics-node/3.1.0', ...event });

describe('sessions of a visitor', () => {
  test.each([
    ['one event', [0], [[0, 0]]],
    ['30 minutes apart is one visit', [0, 30, 60], [[0, 60]]],
    [
      'a moment longer is two',
      [0, 30.01],
      [
        [0, 0],
        [30.01, 30.01],
      ],
    ],
    ['the order in the batch does not matter', [60, 0, 30], [[0, 60]]],
    [
      'a day of activity ends a visit',
      Array.from({ length: 100 }, (_, i) => i * 20),
      [
        [0, 1420],
        [1440, 1980],
      ],
    ],
  ])('%s', async (_, minutes, expected) => {
    const { run } = sessionsInMemory();
    const { sessions } = await run(minutes.map((minute) => view(minute)));
    const spans = sessions.map((session) => [session.started_at, session.ended_at]);
    expect(spans).toEqual(expected.map((span) => span.map(at)));
  });

  test('the row is the whole state of the session: id, counts, pages, source of the first page, device, money, bot', async () => {
    const { run } = sessionsInMemory();
    const items = [
      view(0, {
        url: 'https://notes.example/?utm_source=google&utm_medium=cpc&utm_campaign=spring',
        timezone: 'Europe/Berlin',
        address: '8.8.8.0',
      }),
      view(1, {
        url: 'https://notes.example/pricing',
        referrer: 'https://news.ycombinator.com/',
        revenue: 5,
      }),
      view(2, { type: 'track', event: 'buy', revenue: 7.5, userAgent: 'curl/8' }),
    ];
    const { sessions, sessionIds, events } = await run(items);
    const id = hash64('p1', 'aanon1', String(at(0)));
    expect(sessions).toEqual([
      expect.objectContaining({
        project: 'p1',
        session_id: id,
        person_key: hash64('p1', 'a', 'anon1'),
        user_id: '',
        day_key: at(0),
        started_at: at(0),
        ended_at: at(2),
        events: 3,
        page_views: 2,
        entry_path: '/',
        exit_path: '/pricing',
        host: 'notes.example',
        referrer: '',
        channel: 'Paid Search',
        source: 'Google',
        medium: 'cpc',
        campaign: 'spring',
        country: 'US',
        device_type: 'desktop',
        browser: 'Chrome',
        timezone: 'Europe/Berlin',
        bot_score: 100,
        // A crawler's agent, and the network of a data centre.
        bot_layers: 100 + 40 * 256 ** 2,
        engaged_seconds: 70,
        is_deleted: 0,
        revenue: 12.5,
        version: items[2]?.record.offset,
      }),
    ]);
    expect(sessionIds).toEqual([id, id, id]);
    expect(events.map((event) => [event.channel, event.source, event.campaign])).toEqual(
      Array(3).fill(['Paid Search', 'Google', 'spring']),
    );
  });

  test('a new campaign inside a session does not change its source, in the next session it does', async () => {
    const { run } = sessionsInMemory();
    await run([view(0, { referrer: 'https://chatgpt.com/' })]);
    const { events } = await run([
      view(5, { url: 'https://notes.example/?utm_source=x&utm_medium=cpc' }),
      view(90, { url: 'https://notes.example/?utm_source=x&utm_medium=cpc' }),
    ]);
    expect(events.map((event) => event.channel)).toEqual(['AI Assistant', 'Paid Social']);
  });

  test('the first page tells the source when the session began without one', async () => {
    const { run } = sessionsInMemory();
    const { sessions } = await run([
      view(0, { type: 'track', event: 'boot', url: undefined }),
      view(1, { referrer: 'https://www.google.com/' }),
    ]);
    expect(sessions).toMatchObject([
      { channel: 'Organic Search', host: 'notes.example', entry_path: '/home', events: 2 },
    ]);
  });

  test('a late event moves the session it belongs to: its id is of its true start, also for the events before', async () => {
    const { run, seen } = sessionsInMemory();
    const { events: first } = await run([view(0), view(20)]);
    await run([view(300)]);
    const { events } = await run([view(10), view(-20, { url: 'https://notes.example/earlier' })]);
    const id = hash64('p1', 'aanon1', String(at(-20)));
    expect([...first, ...events].map((event) => seen.idOf(event))).toEqual([id, id, id, id]);
    expect(seen.rows()).toMatchObject([
      {
        session_id: id,
        day_key: at(-20),
        started_at: at(-20),
        ended_at: at(20),
        events: 4,
        entry_path: '/earlier',
        exit_path: '/home',
      },
      { started_at: at(300), events: 1 },
    ]);
    // What comes now needs no further repair.
    const { events: later } = await run([view(25)]);
    expect(seen.idOf(later[0] as (typeof later)[number])).toBe(id);
    expect(seen.repairs()).toHaveLength(1);
  });

  test('a late event joins two sessions that it bridges; the second disappears', async () => {
    const { run, seen } = sessionsInMemory();
    const { events: first, sessions } = await run([view(0), view(50)]);
    expect(sessions).toHaveLength(2);
    await run([view(25)]);
    expect(seen.rows()).toMatchObject([{ session_id: sessions[0]?.session_id, events: 3, ended_at: at(50) }]);
    expect(new Set(first.map((event) => seen.idOf(event)))).toEqual(new Set([sessions[0]?.session_id]));
  });

  test('what a late event makes longer than the maximum is divided from its true start', async () => {
    const { run, seen } = sessionsInMemory();
    const every20 = Array.from({ length: 70 }, (_, i) => view(i * 20));
    const { events } = await run(every20);
    expect(seen.rows()).toHaveLength(1);
    await run([view(-25), view(-50), view(-75)]);
    expect(seen.rows().map((row) => [row.started_at, row.ended_at, row.events])).toEqual([
      [at(-75), at(1_360), 72],
      [at(1_380), at(1_380), 1],
    ]);
    expect(events.filter((event) => seen.idOf(event) === seen.rows()[1]?.session_id)).toHaveLength(1);
  });

  test('history that comes too late makes sessions of its own, the same each time', async () => {
    const late = [view(-3_000), view(0), view(-3_010), view(-2_990)];
    const sessionsOf = async () => {
      const { run, seen } = sessionsInMemory();
      for (const item of late) await run([item]);
      return seen.rows().map((row) => [row.started_at, row.ended_at, row.events]);
    };
    const expected = [
      [at(-3_010), at(-2_990), 2],
      [at(-3_000), at(-3_000), 1],
      [at(0), at(0), 1],
    ];
    expect([await sessionsOf(), await sessionsOf()]).toEqual([expected, expected]);
  });

  test('an import of last year in order is cut by nothing, though the visitor was here today', async () => {
    const { run } = sessionsInMemory();
    await run([view(0)]);
    const year = -365 * 24 * 60;
    const ids = new Set<bigint>();
    for (const minutes of [0, 10, 20, 30]) {
      const { sessionIds } = await run([view(year + minutes)]);
      for (const id of sessionIds) ids.add(id);
    }
    expect(ids.size).toBe(1);
    expect((await run([view(10)])).sessions).toMatchObject([{ started_at: at(0), events: 2 }]);
  });

  test('what is remembered of a visitor is bounded, and nothing that is told gets lost by it', async () => {
    const { run, seen, state } = sessionsInMemory();
    for (let from = 0; from < 3_000; from += 100)
      await run(
        Array.from({ length: 100 }, (_, i) =>
          view(((from + i) * 7) / 60, { url: `https://notes.example/${i % 7}` }),
        ),
        [],
        from === 0 ? [campaignsBegin()] : [],
      );
    expect(seen.rows()).toMatchObject([{ events: 3_000, page_views: 3_000, engaged_seconds: 20_993 }]);
    const [text = ''] = await state.fetch(['a:p1\0anon1']);
    expect(text.length).toBeLessThan(40_000);
  });
});

/** Events are told apart by their instants then. */
function campaignsBegin(): CommandItem {
  const sessions = { ...defaultSettings.sessions, newCampaign: true };
  return {
    record: itemOf({}).record,
    command: { kind: 'settings', settings: { ...defaultSettings, sessions } },
    by: 'test',
  };
}

describe('rules of a project', () => {
  const withRules = async (rules: Partial<SessionRules>, minutes: readonly number[]) => {
    const { run, seen } = sessionsInMemory();
    const settings = { ...defaultSettings, sessions: { ...defaultSettings.sessions, ...rules } };
    await run(
      minutes.map((minute) => view(minute)),
      [],
      [{ record: itemOf({}).record, command: { kind: 'settings', settings }, by: 'test' }],
    );
    return seen.rows().map((row) => [row.started_at, row.ended_at]);
  };
  const spans = (...list: [number, number][]) => list.map((span) => span.map(at));

  test.each<[string, Partial<SessionRules>, number[], [number, number][]]>([
    [
      'a timeout',
      { timeoutMinutes: 5 },
      [0, 5, 11],
      [
        [0, 5],
        [11, 11],
      ],
    ],
    [
      'a maximum length',
      { maxHours: 1 },
      [0, 25, 50, 59, 60, 75],
      [
        [0, 59],
        [60, 75],
      ],
    ],
    [
      'midnight',
      { midnight: true },
      [700, 719, 720, 730],
      [
        [700, 719],
        [720, 730],
      ],
    ],
    [
      'midnight elsewhere',
      { midnight: true, timeZone: 'Asia/Kathmandu' },
      [374, 375, 390],
      [
        [374, 374],
        [375, 390],
      ],
    ],
    ['no midnight', {}, [700, 719, 720, 730], [[700, 730]]],
  ])('%s', async (_, rules, minutes, expected) => {
    expect(await withRules(rules, minutes)).toEqual(spans(...expected));
  });

  test('another campaign begins another session, the same one and a referrer do not', async () => {
    const { run, seen } = sessionsInMemory();
    const spring = 'https://notes.example/?utm_source=mail&utm_campaign=spring';
    await run([view(0), view(1, { url: spring }), view(2), view(3, { url: spring })], [], [campaignsBegin()]);
    await run([view(4, { referrer: 'https://www.google.com/' })]);
    await run([view(2.5, { url: 'https://notes.example/?utm_source=mail&utm_campaign=autumn' })]);
    expect(seen.rows().map((row) => [row.campaign, row.started_at, row.ended_at])).toEqual([
      ['', at(0), at(0)],
      ['spring', at(1), at(2)],
      ['autumn', at(2.5), at(2.5)],
      ['spring', at(3), at(4)],
    ]);
  });
});

describe('engaged time', () => {
  test('measured by the client, whatever the events', async () => {
    const { run } = sessionsInMemory();
    const { sessions } = await run([
      view(0),
      view(5, { type: 'track', event: '$engagement', properties: { engaged_ms: 42_500 } }),
    ]);
    expect(sessions).toMatchObject([{ engaged_seconds: 42.5 }]);
  });

  test.each<[string, number[], number]>([
    ['one event: nothing is known', [0], 0],
    ['seconds apart', [0, 7], 7],
    ['a pause counts for half a minute', [0, 600], 40],
    ['page pings', [0, 10, 20, 30, 40, 50, 60], 60],
  ])('else by its events: %s', async (_, seconds, expected) => {
    const { run } = sessionsInMemory();
    const { sessions } = await run(seconds.map((second) => view(second / 60)));
    expect(sessions).toMatchObject([{ engaged_seconds: expected }]);
  });
});

describe('sessions and people', () => {
  test('signing in does not split a visit, and names its person', async () => {
    const { run } = sessionsInMemory();
    const { sessions } = await run([
      view(0),
      view(1, { type: 'identify', event: 'identify', userId: 'ann' }),
      view(2, { userId: 'ann' }),
      view(3),
    ]);
    expect(sessions).toMatchObject([{ events: 4, user_id: 'ann', person_key: hash64('p1', 'u', 'ann') }]);
  });

  test('a shared computer: the visit stays that of who signed in first', async () => {
    const { run } = sessionsInMemory();
    const { sessions } = await run([view(0, { userId: 'ann' }), view(1, { userId: 'bob' })]);
    expect(sessions).toMatchObject([{ events: 2, user_id: 'ann', person_key: hash64('p1', 'u', 'ann') }]);
  });

  test('a visit without an anonymous id is that of the user, or of the device the user is on', async () => {
    const { run } = sessionsInMemory();
    const { sessions } = await run([
      view(0, { anonymousId: undefined, userId: 'ann' }),
      view(10, { anonymousId: undefined, userId: 'ann' }),
    ]);
    expect(sessions).toMatchObject([{ session_id: hash64('p1', 'uann', String(at(0))), events: 2 }]);
    await run([view(100, { userId: 'bob' })]);
    const { sessionIds } = await run([view(105, { anonymousId: undefined, userId: 'bob' })]);
    expect(sessionIds[0]).toBe(hash64('p1', 'aanon1', String(at(100))));
  });

  test('two visitors and two projects never share a session', async () => {
    const { run } = sessionsInMemory();
    const other = view(0);
    const { sessions } = await run([
      view(0),
      view(0, { anonymousId: 'anon2' }),
      { ...other, record: { ...other.record, project: 'p2' } },
    ]);
    expect(new Set(sessions.map((session) => session.session_id)).size).toBe(3);
  });

  test('without any id there is no session', async () => {
    const { run } = sessionsInMemory();
    const { events, sessionIds, sessions } = await run([
      view(0, { anonymousId: undefined }),
      view(0, { anonymousId: 'null' }),
    ]);
    expect(sessionIds).toEqual([0n, 0n]);
    expect(events.map((event) => event.person_key)).toEqual([0n, 0n]);
    expect(sessions).toEqual([]);
  });
});

describe('events of a backend', () => {
  test('outside of visits they have no session and no source', async () => {
    const { run } = sessionsInMemory();
    const { events, sessionIds, sessions } = await run([
      backend(0, { revenue: 20, campaign: { source: 'x' } }),
    ]);
    expect(sessionIds).toEqual([0n]);
    expect(events).toMatchObject([{ channel: '', source: '', revenue: 20 }]);
    expect(sessions).toEqual([]);
  });

  test('in a visit of the person they count, money too, but do not lengthen it', async () => {
    const { run } = sessionsInMemory();
    await run([view(0, { userId: 'ann', referrer: 'https://www.google.com/' })]);
    const { events, sessionIds, sessions } = await run([
      backend(20, { revenue: 20 }),
      backend(45, { revenue: 30 }),
    ]);
    const id = hash64('p1', 'aanon1', String(at(0)));
    expect(sessionIds).toEqual([id, 0n]);
    expect(events.map((event) => event.channel)).toEqual(['Organic Search', '']);
    expect(sessions).toMatchObject([
      { session_id: id, events: 2, page_views: 1, ended_at: at(0), revenue: 20 },
    ]);
  });

  test('they find the visit of the user also when they carry an anonymous id of their own', async () => {
    const { run } = sessionsInMemory();
    const { sessionIds } = await run([view(0, { userId: 'ann' }), backend(1, { anonymousId: 'job-7' })]);
    expect(sessionIds[1]).toBe(hash64('p1', 'aanon1', String(at(0))));
  });

  test('a backend event before the first page does not begin the visit', async () => {
    const { run } = sessionsInMemory();
    const { sessionIds } = await run([backend(0), view(1, { userId: 'ann' })]);
    expect(sessionIds).toEqual([0n, hash64('p1', 'aanon1', String(at(1)))]);
  });

  test('that come before the pages of the visit they belong to are found by it, with their money', async () => {
    const { run, seen } = sessionsInMemory();
    const { events } = await run([backend(5, { revenue: 20 }), backend(90)]);
    expect(events.map((event) => seen.idOf(event))).toEqual([0n, 0n]);
    await run([view(0, { userId: 'ann' })]);
    expect(seen.rows()).toMatchObject([{ events: 2, revenue: 20, user_id: 'ann', ended_at: at(0) }]);
    expect(events.map((event) => seen.idOf(event))).toEqual([seen.rows()[0]?.session_id, 0n]);
  });

  test('a session knows the id that the client gave it', async () => {
    const { run } = sessionsInMemory();
    const { sessions } = await run([
      view(0),
      view(1, { clientSessionId: 's-1' }),
      view(2, { clientSessionId: 's-2' }),
    ]);
    expect(sessions).toMatchObject([{ client_session_id: 's-1' }]);
  });

  test.each<[string, Partial<DecodedEvent>]>([
    ['a user agent', { userAgent: chrome }],
    ['a page', { url: 'https://notes.example/' }],
    ['a screen of an app', { type: 'screen', event: 'screen' }],
    ['a device', { device: { os: 'iOS' } }],
  ])('%s makes it a visit, whoever sends it', async (_, event) => {
    const { run } = sessionsInMemory();
    expect((await run([backend(0, event)])).sessions).toMatchObject([{ events: 1, started_at: at(0) }]);
  });
});
