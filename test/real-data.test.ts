import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Program, post, startProgram, writeKey } from './program.ts';

/**
 * Real data through the collector, with totals that are counted here from the files by another route. The files are not part of the repository:
 * where they are not, these tests are left out.
 */
const folder = join(import.meta.dirname, '../../shared/data');
const clicks = join(folder, 'clickstream-simple-onlineshop/simple-onlineshop.csv');
const snowplow = join(folder, 'events-snowplow-web/snowplow_web_events.csv');
const access = join(folder, 'access-apache-elastic/apache_logs');
const isThere = [clicks, snowplow, access].every((file) => existsSync(file));

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
const minute = 60_000;
const timeout = 30 * minute;
const longest = 24 * 60 * minute;

let program: Program;
beforeAll(async () => {
  if (isThere) program = await startProgram();
});
afterAll(() => program?.[Symbol.asyncDispose]());

const json = { 'content-type': 'application/json' };
const recordsOf = (file: string): Record<string, string>[] =>
  parse(readFileSync(file, 'utf8'), { columns: true });
const count = async (sql: string): Promise<number[]> =>
  Object.values((await program.rows<Record<string, string | number>>(sql))[0] ?? {}).map(Number);

interface Moment {
  readonly visitor: string;
  readonly at: number;
}

/** Sessions of each visitor: silence of more than 30 minutes ends one, so does a day (to the five minutes of the clock). */
function sessionsOf(
  moments: readonly Moment[],
): { visitor: string; start: number; end: number; events: number }[] {
  const sessions: { visitor: string; start: number; end: number; events: number }[] = [];
  const sorted = moments.toSorted((a, b) =>
    a.visitor < b.visitor ? -1 : a.visitor > b.visitor ? 1 : a.at - b.at,
  );
  for (const { visitor, at } of sorted) {
    const last = sessions.at(-1);
    const goesOn =
      last?.visitor === visitor &&
      at - last.end <= timeout &&
      at - (at % (5 * minute)) - last.start < longest;
    if (!goesOn) sessions.push({ visitor, start: at, end: at, events: 1 });
    else {
      last.end = at;
      last.events++;
    }
  }
  return sessions;
}

/** Not in order, and not the same each hour: events of twelve hours in an order that their hashes give. */
function disordered<Item extends Moment>(items: readonly Item[]): Item[] {
  const luck = (at: number): number => Math.imul(at ^ (at >>> 7), 2_654_435_761) >>> 0;
  const half = (at: number): number => Math.floor(at / (longest / 2));
  return items.toSorted((a, b) => half(a.at) - half(b.at) || luck(a.at) - luck(b.at));
}

test.runIf(isThere)(
  'a shop’s click stream, each half day in disorder: events, people, names, and the sessions of the events in order',
  async () => {
    const events = recordsOf(clicks).map(({ event = '', timestamp = '', user_id: visitor = '' }, index) => ({
      event,
      visitor,
      at: Math.floor(Date.parse(`${timestamp.replace(' ', 'T').slice(0, 23)}Z`)),
      id: `click-${index}`,
    }));
    const sent = disordered(events);
    for (let from = 0; from < sent.length; from += 500) {
      const batch = sent.slice(from, from + 500).map(({ at, event, id, visitor }) => ({
        type: 'track',
        event,
        messageId: id,
        anonymousId: visitor,
        timestamp: new Date(at).toISOString(),
        context: { userAgent: chrome },
      }));
      expect((await post(`${program.url}/v1/batch`, JSON.stringify({ batch }))).status).toBe(200);
    }
    const stored = `project = 'main' AND event_id LIKE 'click-%'`;
    await program.until(`SELECT count() FROM tributary.events WHERE ${stored}`, events.length);
    const sessions = sessionsOf(events);
    // What is written in SOURCE.txt beside the file, and what the file itself says.
    expect([events.length, new Set(events.map(({ visitor }) => visitor)).size]).toEqual([35_381, 3_751]);
    expect(
      await count(
        `SELECT count(), uniqExact(anonymous_id), uniqExact(person_id), uniqExact(event) FROM tributary.events WHERE ${stored}`,
      ),
    ).toEqual([35_381, 3_751, 3_751, new Set(events.map(({ event }) => event)).size]);
    // Repairs of the last events are seen when the dictionaries were read again: then no event and no row of a session stands alone.
    await program.until(
      `SELECT toUInt8(countIf(of_events.events != of_rows.events OR of_events.start != of_rows.started_at) = 0 AND count() = ${sessions.length})
      FROM (SELECT session_id, count() AS events, min(timestamp) AS start FROM tributary.events WHERE ${stored} GROUP BY session_id) AS of_events
      FULL JOIN (SELECT session_id, events, started_at FROM tributary.sessions FINAL WHERE project = 'main' AND started_at < '2020-05-01') AS of_rows
      USING session_id`,
      1,
    );
    const [rows, zero, repairs] = await Promise.all([
      count(
        `SELECT count(), sum(events), sum(toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at)) FROM tributary.sessions FINAL
        WHERE project = 'main' AND started_at < '2020-05-01'`,
      ),
      count(`SELECT countIf(session_id = 0) FROM tributary.events WHERE ${stored}`),
      count(`SELECT count() FROM tributary.session_repairs FINAL WHERE project = 'main'`),
    ]);
    const lasted = sessions.reduce((sum, { end, start }) => sum + end - start, 0);
    expect(rows).toEqual([sessions.length, 35_381, lasted]);
    expect(zero).toEqual([0]);
    expect(repairs[0]).toBeGreaterThan(0);
  },
);

/** The tracker's own request again, as far as the columns tell it. */
function requestOf(row: Record<string, string>): Record<string, string> {
  const kept = {
    e: { page_view: 'pv', page_ping: 'pp', struct: 'se', unstruct: 'ue' }[row.event ?? ''] ?? 'ue',
    eid: row.event_id,
    aid: row.app_id,
    p: row.platform,
    tv: row.v_tracker,
    ttm: String(timeOf(row)),
    uid: row.user_id,
    duid: row.domain_userid,
    vid: row.domain_sessionidx,
    sid: row.domain_sessionid,
    url: row.page_url,
    page: row.page_title,
    refr: row.page_referrer,
    ua: row.useragent,
    lang: row.br_lang,
    se_ca: row.se_category,
    se_ac: row.se_action,
    ...(row.event === 'unstruct' && {
      ue_pr: JSON.stringify({
        schema: 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0',
        data: {
          schema: `iglu:${row.event_vendor || 'example'}/${row.event_name}/jsonschema/1-0-0`,
          data: {},
        },
      }),
    }),
  };
  return Object.fromEntries(Object.entries(kept).filter((pair): pair is [string, string] => !!pair[1]));
}

function timeOf({ derived_tstamp: at = '' }: Record<string, string>): number {
  return Date.parse(`${at.slice(0, 23).replace(' ', 'T')}Z`);
}

test.runIf(isThere)(
  'Snowplow’s events: each id once, its visitors, its own sessions beside ours',
  async () => {
    // In order: the sample goes over years, further than any event may be late.
    const rows = recordsOf(snowplow).toSorted((a, b) => timeOf(a) - timeOf(b));
    const body = (data: readonly object[]): string =>
      JSON.stringify({ schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4', data });
    for (let from = 0; from < rows.length; from += 20) {
      const data = rows.slice(from, from + 20).map(requestOf);
      const url = `${program.url}/com.snowplowanalytics.snowplow/tp2?key=${writeKey}`;
      const { status } = await fetch(url, { method: 'POST', headers: json, body: body(data) });
      expect(status).toBe(200);
    }
    // An event that was sent twice counts once: the one that came first.
    const first = [...new Map(rows.toReversed().map((row) => [row.event_id, row])).values()];
    const distinct = (column: string): number =>
      new Set(first.map((row) => row[column]).filter((value) => value !== '')).size;
    const stored = `project = 'main' AND protocol = 'snowplow'`;
    await program.until(`SELECT count() FROM tributary.events WHERE ${stored}`, first.length);
    expect(
      await count(
        `SELECT count(), uniqExactIf(anonymous_id, anonymous_id != ''), uniqExactIf(client_session_id, client_session_id != ''),
        uniqExactIf(user_id, user_id != ''), countIf(type = 'page'), countIf(event = 'page_ping') FROM tributary.events WHERE ${stored}`,
      ),
    ).toEqual([
      157,
      // One event has no id: its visitor is known by address and agent for the day.
      distinct('domain_userid') + 1,
      distinct('domain_sessionid'),
      distinct('user_id'),
      first.filter(({ event }) => event === 'page_view').length,
      first.filter(({ event }) => event === 'page_ping').length,
    ]);
    const visitorOf = (row: Record<string, string>): string => row.domain_userid || 'without a cookie';
    const ours = sessionsOf(
      first
        .filter((row) => visitorOf(row) !== '')
        .map((row) => ({ visitor: visitorOf(row), at: timeOf(row) })),
    );
    const seen = `SELECT toUInt8(uniqExactIf(session_id, session_id != 0) = ${ours.length}) FROM tributary.events WHERE ${stored}`;
    await program.until(seen, 1);
    // Where theirs and ours differ, it is by silence: one of theirs is several of ours, or several of theirs are one of ours.
    const oursOf = (row: Record<string, string>): number =>
      ours.findIndex(
        ({ end, start, visitor }) => visitor === visitorOf(row) && start <= timeOf(row) && timeOf(row) <= end,
      );
    const named = first.filter((row) => row.domain_sessionid !== '');
    const several = (
      keyOf: (row: Record<string, string>) => unknown,
      other: (row: Record<string, string>) => unknown,
    ) => [...Map.groupBy(named, keyOf).values()].filter((group) => new Set(group.map(other)).size > 1).length;
    const sid = (row: Record<string, string>): string => row.domain_sessionid ?? '';
    expect(
      await count(
        `SELECT countIf(of_ours > 1), (
        SELECT countIf(of_theirs > 1) FROM (
          SELECT session_id, uniqExact(client_session_id) AS of_theirs FROM tributary.events
          WHERE ${stored} AND session_id != 0 AND client_session_id != '' GROUP BY session_id
        )
      ) FROM (
        SELECT client_session_id, uniqExact(session_id) AS of_ours FROM tributary.events
        WHERE ${stored} AND session_id != 0 AND client_session_id != '' GROUP BY client_session_id
      )`,
      ),
    ).toEqual([several(sid, oursOf), several(oursOf, sid)]);
    expect(
      await count(
        `SELECT count() FROM tributary.sessions FINAL WHERE project = 'main' AND session_id IN (SELECT session_id FROM tributary.events WHERE ${stored})`,
      ),
    ).toEqual([ours.length]);
  },
);

test.runIf(isThere)('an access log: lines, statuses, and addresses without their last number', async () => {
  const lines = readFileSync(access, 'utf8').trimEnd().split('\n');
  for (let from = 0; from < lines.length; from += 2_500) {
    const url = `${program.url}/lines/v1?service=apache`;
    const text = lines.slice(from, from + 2_500).join('\n');
    expect((await post(url, `${text}\n`, { 'content-type': 'text/plain' })).status).toBe(200);
  }
  const statuses = new Map<string, number>();
  const addresses = new Set<string>();
  for (const line of lines) {
    const status = /" (\d{3}) /.exec(line)?.[1] ?? '';
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    addresses.add(line.slice(0, line.indexOf(' ')).replace(/\.\d+$/, '.0'));
  }
  await program.until(`SELECT count() FROM tributary.logs WHERE service = 'apache'`, lines.length);
  expect(
    await program.rows(
      `SELECT attributes.http.response.status_code::String AS status, toUInt32(count()) AS lines
      FROM tributary.logs WHERE service = 'apache' GROUP BY status ORDER BY status`,
    ),
  ).toEqual(
    [...statuses].toSorted(([a], [b]) => Number(a) - Number(b)).map(([status, lines]) => ({ status, lines })),
  );
  expect([
    lines.length,
    ...(await count(
      `SELECT count(), uniqExact(attributes.client.address::String) FROM tributary.logs WHERE service = 'apache'`,
    )),
  ]).toEqual([10_000, 10_000, addresses.size]);
});
