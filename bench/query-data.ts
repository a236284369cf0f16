import type { ClickHouseClient } from '@clickhouse/client';

/** Project of the generated events. */
export const project = 'bench';

/**
 * Fills `events` and `sessions` inside the warehouse with about so many believable events over the 90 days before `end`:
 * one person per 40 events, of whom a few are very active; sessions of 2 to 18 events that begin with page views; 20 event
 * names with shares from 45 % to 0.1 %; every tenth person anonymous at first.
 */
export async function generate(warehouse: ClickHouseClient, events: number, end: number): Promise<void> {
  const perSession = 10;
  const sessions = Math.ceil(events / perSession);
  const persons = Math.ceil(events / 40);
  const chunk = 200_000;
  for (let from = 0; from < sessions; from += chunk) {
    const count = Math.min(chunk, sessions - from);
    const values = { from, count, sessions, persons, end, project };
    await warehouse.command({ query: eventsSql, query_params: values });
    await warehouse.command({ query: sessionsSql, query_params: values });
    process.stderr.write(`\r${Math.round(((from + count) / sessions) * 100)} % of the events`);
  }
  await warehouse.command({ query: identitiesSql, query_params: { persons, project } });
  await warehouse.command({ query: 'SYSTEM RELOAD DICTIONARY tributary.identity' });
  process.stderr.write('\n');
}

/** What is the same for all events of a session, as a function of its number alone. */
const sessionFacts = `
  SELECT number AS n,
    sipHash64(n, 'session') AS session_id,
    -- squared: some people are much more active than others
    toUInt64(pow((sipHash64(n, 'person') % 1000003) / 1000003, 2) * {persons:UInt32}) AS person,
    sipHash64(person, 'key') + (person % 10 = 0 AND n % 3 = 0) AS person_key,
    2 + sipHash64(n, 'length') % 17 AS length,
    -- in the order of time, more and more of them, by day rather than by night
    {end:Int64} - 90 * 86400000 + toInt64(sqrt((n + 1) / {sessions:UInt64}) * 90 * 86400000) AS uniform,
    uniform - uniform % 86400000 + toInt64(pow(uniform % 86400000 / 86400000, 0.6) * 86400000) - 3600000 AS started,
    ['US','US','US','US','GB','DE','DE','FR','IN','BR','CA','AU','NL','ES','PL','JP','SE','IT','MX','ZA'][1 + sipHash64(person, 'country') % 20] AS country,
    ['Direct','Direct','Direct','Organic search','Organic search','Social','Email','Paid search','Referral','AI assistant'][1 + sipHash64(n, 'channel') % 10] AS channel,
    ['','','','google','google','linkedin','newsletter','google ads','github.com','chatgpt'][1 + sipHash64(n, 'channel') % 10] AS source,
    ['desktop','desktop','desktop','mobile','mobile','tablet'][1 + sipHash64(person, 'device') % 6] AS device_type,
    ['Chrome','Chrome','Chrome','Safari','Safari','Firefox','Edge'][1 + sipHash64(person, 'browser') % 7] AS browser,
    ['Windows','Windows','macOS','Android','iOS'][1 + sipHash64(person, 'os') % 5] AS os,
    if(sipHash64(n, 'bot') % 33 = 0, 90, 5) AS bot_score
  FROM numbers({from:UInt64}, {count:UInt64})`;

const eventOf = `
    -- shares of the 20 names: halves at first, then a long tail
    if(i = 0, 0, toUInt8(least(19, toUInt64(-log2((1 + sipHash64(n, i, 'event') % 1000003) / 1000004) * 2.6)))) AS kind,
    ['page','page','note_opened','note_created','search','comment_added','meeting_joined','share_clicked','note_edited','file_uploaded',
     'signup','onboarding_step','invite_sent','integration_added','upgrade_clicked','checkout','payment','export','cancel','refund'][kind + 1] AS event,
    ['/','/pricing','/features','/blog','/docs','/login','/signup','/app','/app/notes','/app/meetings'][1 + sipHash64(n, i, 'path') % 10]
      || if(sipHash64(n, i, 'deep') % 4 = 0, '/' || toString(sipHash64(n, i, 'id') % 5000), '') AS path`;

const columns = 'channel, source, country, device_type, browser, os, bot_score';

const eventsSql = `INSERT INTO tributary.events (project, event_id, type, event, timestamp, received_at, log_offset, user_id, anonymous_id,
    person_key, session_id, host, path, ${columns}, library, protocol, revenue, currency, properties)
  SELECT {project:String}, lower(hex(sipHash128(n, i))), if(event = 'page', 'page', 'track'), event,
    fromUnixTimestamp64Milli(started + toInt64(i * (5000 + sipHash64(n, i, 'gap') % 90000)), 'UTC') AS at, at + INTERVAL 1 SECOND,
    n * 20 + i, if(person % 10 = 0, '', 'user-' || toString(person)), 'anon-' || toString(person),
    person_key, session_id, 'app.example.com', path, ${columns}, 'analytics-next/1.84.3', 'segment',
    if(event = 'payment', 10 + sipHash64(n, i, 'amount') % 490, NULL), if(event = 'payment', 'USD', ''),
    '{"plan":"' || ['free','free','free','pro','team','enterprise'][1 + sipHash64(person, 'plan') % 6]
      || '","step":' || toString(sipHash64(n, i, 'step') % 5) || ',"amount":' || toString(sipHash64(n, i, 'amount') % 500)
      || ',"feature":"feature ' || toString(sipHash64(n, i, 'feature') % 40) || '"}'
  FROM (SELECT *, ${eventOf} FROM (SELECT *, arrayJoin(range(length)) AS i FROM (${sessionFacts})))`;

const sessionsSql = `INSERT INTO tributary.sessions (project, session_id, person_key, user_id, day_key, started_at, ended_at, events, page_views,
    entry_path, exit_path, host, ${columns}, version)
  SELECT {project:String}, session_id, any(person_key), '', fromUnixTimestamp64Milli(any(started), 'UTC') AS at, at,
    fromUnixTimestamp64Milli(max(started + toInt64(i * (5000 + sipHash64(n, i, 'gap') % 90000))), 'UTC'), count(), countIf(event = 'page'),
    argMin(path, i), argMax(path, i), 'app.example.com', ${columns
      .split(', ')
      .map((name) => `any(${name})`)
      .join(', ')}, 1
  FROM (SELECT *, ${eventOf} FROM (SELECT *, arrayJoin(range(length)) AS i FROM (${sessionFacts})))
  GROUP BY n, session_id`;

/** Anonymous keys that belong to a person who has another key. */
const identitiesSql = `INSERT INTO tributary.identities (project, alias_key, person_key, linked_at, version)
  SELECT {project:String}, sipHash64(number * 10, 'key') + 1, sipHash64(number * 10, 'key'), now64(3), 1
  FROM numbers(intDiv({persons:UInt32}, 10) + 1)`;
