import { describe, expect, test } from 'vitest';
import type { DecodedEvent } from '../../contract/event.ts';
import { hash64 } from '../../runtime/ids.ts';
import { chrome, day, itemOf, minute, noon, pageView } from '../items.fixture.ts';
import { enricherInMemory } from '../memory.fixture.ts';

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
    const { run } = enricherInMemory();
    const { sessions } = await run(minutes.map((minute) => view(minute)));
    const spans = sessions.map((session) => [session.started_at, session.ended_at]);
    expect(spans).toEqual(expected.map((span) => span.map(at)));
  });

  test('the row is the whole state of the session: id, counts, pages, source of the first page, device, money, bot', async () => {
    const { run } = enricherInMemory();
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
    const { sessions, events } = await run(items);
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
        bot_layers: 100,
        revenue: 12.5,
        version: items[2]?.record.offset,
      }),
    ]);
    expect(events.map((event) => [event.session_id, event.channel, event.source, event.campaign])).toEqual(
      Array(3).fill([id, 'Paid Search', 'Google', 'spring']),
    );
  });

  test('a new campaign inside a session does not change its source, in the next session it does', async () => {
    const { run } = enricherInMemory();
    await run([view(0, { referrer: 'https://chatgpt.com/' })]);
    const { events } = await run([
      view(5, { url: 'https://notes.example/?utm_source=x&utm_medium=cpc' }),
      view(90, { url: 'https://notes.example/?utm_source=x&utm_medium=cpc' }),
    ]);
    expect(events.map((event) => event.channel)).toEqual(['AI Assistant', 'Paid Social']);
  });

  test('the first page tells the source when the session began without one', async () => {
    const { run } = enricherInMemory();
    const { sessions } = await run([
      view(0, { type: 'track', event: 'boot', url: undefined }),
      view(1, { referrer: 'https://www.google.com/' }),
    ]);
    expect(sessions).toMatchObject([
      { channel: 'Organic Search', host: 'notes.example', entry_path: '/home', events: 2 },
    ]);
  });

  test('a late event joins the session it falls into, of this day, and its times follow but not its key', async () => {
    const { run } = enricherInMemory();
    await run([view(0), view(20)]);
    await run([view(300)]);
    const { events, sessions } = await run([view(10), view(-20, { url: 'https://notes.example/earlier' })]);
    const id = hash64('p1', 'aanon1', String(at(0)));
    expect(events.map((event) => event.session_id)).toEqual([id, id]);
    expect(sessions).toMatchObject([
      {
        session_id: id,
        day_key: at(0),
        started_at: at(-20),
        ended_at: at(20),
        events: 4,
        entry_path: '/earlier',
        exit_path: '/home',
      },
    ]);
  });

  test('two sessions that a late event would bridge stay two', async () => {
    const { run } = enricherInMemory();
    const { sessions: first } = await run([view(0), view(50)]);
    const { sessions } = await run([view(25)]);
    expect(first).toHaveLength(2);
    expect(sessions).toMatchObject([{ session_id: first[0]?.session_id, events: 2, ended_at: at(25) }]);
  });

  test('an import of last year in order is cut by nothing, though the visitor was here today', async () => {
    const { run } = enricherInMemory();
    await run([view(0)]);
    const year = -365 * 24 * 60;
    const ids = new Set<bigint>();
    for (const minutes of [0, 10, 20, 30]) {
      const { events } = await run([view(year + minutes)]);
      for (const event of events) ids.add(event.session_id);
    }
    expect(ids.size).toBe(1);
    expect((await run([view(10)])).sessions).toMatchObject([{ started_at: at(0), events: 2 }]);
  });

  test('at most six sessions of a visitor are remembered', async () => {
    const { run, state } = enricherInMemory();
    await run(Array.from({ length: 30 }, (_, i) => view(i * 40)));
    const [text] = await state.fetch(['a:p1\0anon1']);
    expect((JSON.parse(text ?? '[]') as unknown[]).at(-1)).toHaveLength(6);
  });
});

describe('sessions and people', () => {
  test('signing in does not split a visit, and names its person', async () => {
    const { run } = enricherInMemory();
    const { sessions } = await run([
      view(0),
      view(1, { type: 'identify', event: 'identify', userId: 'ann' }),
      view(2, { userId: 'ann' }),
      view(3),
    ]);
    expect(sessions).toMatchObject([{ events: 4, user_id: 'ann', person_key: hash64('p1', 'u', 'ann') }]);
  });

  test('a shared computer: the visit stays that of who signed in first', async () => {
    const { run } = enricherInMemory();
    const { sessions } = await run([view(0, { userId: 'ann' }), view(1, { userId: 'bob' })]);
    expect(sessions).toMatchObject([{ events: 2, user_id: 'ann', person_key: hash64('p1', 'u', 'ann') }]);
  });

  test('a visit without an anonymous id is that of the user, or of the device the user is on', async () => {
    const { run } = enricherInMemory();
    const { sessions } = await run([
      view(0, { anonymousId: undefined, userId: 'ann' }),
      view(10, { anonymousId: undefined, userId: 'ann' }),
    ]);
    expect(sessions).toMatchObject([{ session_id: hash64('p1', 'uann', String(at(0))), events: 2 }]);
    await run([view(100, { userId: 'bob' })]);
    const { events } = await run([view(105, { anonymousId: undefined, userId: 'bob' })]);
    expect(events[0]?.session_id).toBe(hash64('p1', 'aanon1', String(at(100))));
  });

  test('two visitors and two projects never share a session', async () => {
    const { run } = enricherInMemory();
    const other = view(0);
    const { sessions } = await run([
      view(0),
      view(0, { anonymousId: 'anon2' }),
      { ...other, record: { ...other.record, project: 'p2' } },
    ]);
    expect(new Set(sessions.map((session) => session.session_id)).size).toBe(3);
  });

  test('without any id there is no session', async () => {
    const { run } = enricherInMemory();
    const { events, sessions } = await run([
      view(0, { anonymousId: undefined }),
      view(0, { anonymousId: 'null' }),
    ]);
    expect(events.map((event) => [event.session_id, event.person_key])).toEqual([
      [0n, 0n],
      [0n, 0n],
    ]);
    expect(sessions).toEqual([]);
  });
});

describe('events of a backend', () => {
  test('outside of visits they have no session and no source', async () => {
    const { run } = enricherInMemory();
    const { events, sessions } = await run([backend(0, { revenue: 20, campaign: { source: 'x' } })]);
    expect(events).toMatchObject([{ session_id: 0n, channel: '', source: '', revenue: 20 }]);
    expect(sessions).toEqual([]);
  });

  test('in a visit of the person they count, money too, but do not lengthen it', async () => {
    const { run } = enricherInMemory();
    await run([view(0, { userId: 'ann', referrer: 'https://www.google.com/' })]);
    const { events, sessions } = await run([backend(20, { revenue: 20 }), backend(45, { revenue: 30 })]);
    const id = hash64('p1', 'aanon1', String(at(0)));
    expect(events.map((event) => [event.session_id, event.channel])).toEqual([
      [id, 'Organic Search'],
      [0n, ''],
    ]);
    expect(sessions).toMatchObject([
      { session_id: id, events: 2, page_views: 1, ended_at: at(0), revenue: 20 },
    ]);
  });

  test('they find the visit of the user also when they carry an anonymous id of their own', async () => {
    const { run } = enricherInMemory();
    const { events } = await run([view(0, { userId: 'ann' }), backend(1, { anonymousId: 'job-7' })]);
    expect(events[1]?.session_id).toBe(hash64('p1', 'aanon1', String(at(0))));
  });

  test('a backend event before the first page does not begin the visit', async () => {
    const { run } = enricherInMemory();
    const { events } = await run([backend(0), view(1, { userId: 'ann' })]);
    expect(events.map((event) => event.session_id)).toEqual([0n, hash64('p1', 'aanon1', String(at(1)))]);
  });

  test.each<[string, Partial<DecodedEvent>]>([
    ['a user agent', { userAgent: chrome }],
    ['a page', { url: 'https://notes.example/' }],
    ['a screen of an app', { type: 'screen', event: 'screen' }],
    ['a device', { device: { os: 'iOS' } }],
  ])('%s makes it a visit, whoever sends it', async (_, event) => {
    const { run } = enricherInMemory();
    expect((await run([backend(0, event)])).sessions).toMatchObject([{ events: 1, started_at: at(0) }]);
  });
});
