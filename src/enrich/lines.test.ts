import { describe, expect, test } from 'vitest';
import type { LogLine } from '../contract/log-line.ts';
import type { LogItem } from '../contract/pipeline.ts';
import { hash64 } from '../runtime/ids.ts';
import { hour, itemOf, minute, noon, pageView } from './items.fixture.ts';
import { enricherInMemory, sessionsInMemory } from './memory.fixture.ts';
import { isNoSession } from './sessions/key.ts';
import { severityOf } from './severity.ts';

let lines = 0;
const lineOf = (line: Partial<LogLine>): LogItem => {
  const { record } = itemOf({}, { offset: 100 });
  lines += 1;
  return {
    record: { ...record, key: 'k1', protocol: 'otlp' },
    index: lines,
    lineId: line.id ?? `#100.${lines}`,
    line: { body: 'said', attributes: {}, ...line },
  };
};
const visit = pageView({ anonymousId: 'anon1', userId: 'ann', occurredAt: noon - hour });

describe('a log line', () => {
  test('becomes a row in the words of its columns', async () => {
    const { enrich } = enricherInMemory();
    const { logs, lineFailures, changes } = await enrich(
      [],
      [
        lineOf({
          id: 'own',
          timestamp: noon - 1.5,
          observedAt: noon - 1,
          severity: 17,
          severityText: 'Error',
          service: 'api',
          host: 'h1',
          stream: 'app.log',
          body: 'it broke',
          attributes: { status: 500 },
          resource: { region: 'eu' },
          traceId: 'a'.repeat(32),
          spanId: 'b'.repeat(16),
          accountId: 'acme',
          requestId: 'r1',
          clientSessionId: 's1',
        }),
      ],
    );
    expect(lineFailures).toEqual([]);
    expect(changes.size).toBe(0);
    expect(logs).toEqual([
      {
        project: 'p1',
        line_id: 'own',
        timestamp: noon - 1.5,
        observed_at: noon - 1,
        received_at: noon,
        log_offset: 100,
        severity: 17,
        severity_text: 'Error',
        service: 'api',
        host: 'h1',
        stream: 'app.log',
        body: 'it broke',
        attributes: '{"status":500}',
        resource: '{"region":"eu"}',
        trace_id: 'a'.repeat(32),
        span_id: 'b'.repeat(16),
        user_id: '',
        anonymous_id: '',
        account_id: 'acme',
        person_key: 0n,
        session_key: 0n,
        client_session_id: 's1',
        request_id: 'r1',
        key_id: 'k1',
        protocol: 'otlp',
      },
    ]);
  });

  test('is of the person, the account and the open session that events of the same ids have, in the same batch and later', async () => {
    const { run } = enricherInMemory();
    const speak = [
      lineOf({ userId: 'ann', timestamp: noon - hour + minute }),
      lineOf({ anonymousId: 'anon1', timestamp: noon - hour + 2 * minute }),
    ];
    const joined = itemOf({
      type: 'group',
      event: 'group',
      userId: 'ann',
      accountId: 'acme',
      occurredAt: noon - hour,
    });
    const first = await run([itemOf(visit), joined], speak);
    const [session] = first.sessions;
    const expected = {
      session_key: session?.session_id,
      account_id: 'acme',
    };
    const rows = [
      { ...expected, person_key: hash64('p1', 'u', 'ann') },
      { ...expected, person_key: hash64('p1', 'a', 'anon1') },
    ];
    expect(first.logs).toMatchObject(rows);
    expect((await run([], speak)).logs).toMatchObject(rows);
  });

  test('neither opens nor lengthens a session, nor joins ids, nor makes anybody known', async () => {
    const { run } = sessionsInMemory();
    const [before] = (await run([itemOf(visit)])).sessions;
    const late = lineOf({ userId: 'ann', timestamp: noon - hour + 29 * minute });
    const stranger = lineOf({ userId: 'bob', anonymousId: 'anon9', timestamp: noon });
    const batch = await run([], [late, stranger]);
    expect(batch.logs[0]?.session_key).toBe(before?.session_id);
    expect(batch.logs.map(({ session_key }) => isNoSession(session_key))).toEqual([false, true]);
    expect(batch.logs[1]?.person_key).toBe(hash64('p1', 'u', 'bob'));
    expect([batch.sessions, batch.identities, batch.persons]).toEqual([[], [], []]);
    const { logs } = await run([], [lineOf({ userId: 'ann', timestamp: noon - hour + 31 * minute })]);
    expect(logs.map(({ session_key }) => isNoSession(session_key))).toEqual([true]);
  });

  test('a line that comes before the visit it belongs to finds it', async () => {
    const { run, seen } = sessionsInMemory();
    const [line] = (await run([], [lineOf({ userId: 'ann', timestamp: noon - hour + minute })])).logs;
    expect(line && seen.idOf(line)).toBe(0n);
    await run([itemOf(visit)]);
    expect(line && seen.idOf(line)).toBe(seen.rows()[0]?.session_id);
    expect(seen.rows()).toMatchObject([{ events: 1 }]);
  });

  test('ids that nobody has are nobody', async () => {
    const { enrich } = enricherInMemory();
    const { logs } = await enrich([], [lineOf({ userId: 'null', anonymousId: 'undefined' })]);
    expect(logs).toMatchObject([{ user_id: 'null', person_key: 0n, session_key: 0n }]);
  });

  test('without a time, or with an absurd one, has that of receipt; what was said is kept', async () => {
    const { enrich } = enricherInMemory();
    const { logs } = await enrich(
      [],
      [
        lineOf({}),
        lineOf({ observedAt: noon - 5 }),
        lineOf({ timestamp: 12 }),
        lineOf({ timestamp: Number.NaN, observedAt: 1e300 }),
      ],
    );
    expect(logs.map((row) => [row.timestamp, row.observed_at, row.attributes])).toEqual([
      [noon, noon, '{}'],
      [noon - 5, noon - 5, '{}'],
      [noon, noon, '{"$client_time":12}'],
      [noon, noon, '{"$client_time":"NaN"}'],
    ]);
  });

  test('that is too large or no JSON fails alone', async () => {
    const { enrich } = enricherInMemory();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const large = lineOf({ attributes: { text: 'x'.repeat(1_200_000) } });
    const odd = lineOf({ attributes: circle as never });
    const { logs, lineFailures } = await enrich([], [large, odd, lineOf({ body: 'fine' })]);
    expect(logs.map(({ body }) => body)).toEqual(['fine']);
    expect(lineFailures.map(({ item, failure }) => [item, failure.stage, failure.reason])).toEqual([
      [large, 'enrich', 'attributes too large'],
      [odd, 'enrich', 'log line'],
    ]);
  });
});

test.each<[number | undefined, string | undefined, number]>([
  [9, undefined, 9],
  [9, 'ERROR', 9],
  [0, 'ERROR', 17],
  [25, 'warn', 13],
  [2.5, undefined, 0],
  [undefined, 'WARNING', 13],
  [undefined, ' Info ', 9],
  [undefined, 'error3', 19],
  [undefined, 'crit', 18],
  [undefined, 'notice', 10],
  [undefined, '50', 17],
  [undefined, 'emerg', 21],
  [undefined, 'constructor', 0],
  [undefined, 'x'.repeat(1_000_000), 0],
  [undefined, undefined, 0],
])('severity %s and "%s" are %i', (number, text, expected) => {
  expect(severityOf(number, text)).toBe(expected);
});
