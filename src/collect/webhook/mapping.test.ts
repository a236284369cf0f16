import { describe, expect, it, test } from 'vitest';
import type { JsonValue } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { createDecoder } from '../collect.ts';
import { Mapper } from './mapping.ts';

const receivedAt = Date.UTC(2026, 10, 21, 20);
let offset = 0;

function decode(mapping: string | undefined, body: JsonValue | Uint8Array, more: Partial<LogRecord> = {}) {
  offset++;
  return createDecoder(() => Promise.resolve(mapping))({
    offset,
    receivedAt,
    project: 'p',
    key: 'k',
    visitor: '',
    address: '',
    protocol: 'hook',
    method: 'POST',
    path: '/hook',
    query: 'tag=x',
    headers: { 'x-tributary-door': 'generic', 'webhook-id': 'msg_1' },
    body: body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body)),
    ...more,
  });
}

const intercom = {
  type: 'notification_event',
  id: 'notif_1',
  topic: 'conversation.user.created',
  created_at: 1_795_299_000,
  data: {
    item: { id: '147', user: { user_id: 'u-17', email: 'ada@example.com', companies: [{ id: 'acme' }] } },
  },
};

describe('a mapping', () => {
  it('makes an event with every field it may give', async () => {
    const mapping = `{
      "event": "Intercom " & topic,
      "id": id,
      "timestamp": created_at,
      "userId": data.item.user.user_id,
      "anonymousId": "intercom:" & data.item.id,
      "accountId": data.item.user.companies[0].id,
      "revenue": 12.5, "currency": "eur",
      "properties": { "conversation": data.item.id, "tag": $query.tag, "delivery": $headers."webhook-id" },
      "traits": { "email": data.item.user.email }
    }`;
    expect(await decode(mapping, intercom)).toEqual({
      failures: [],
      events: [
        {
          type: 'track',
          event: 'Intercom conversation.user.created',
          id: 'k:notif_1',
          trueAt: 1_795_299_000_000,
          userId: 'u-17',
          anonymousId: 'intercom:147',
          accountId: 'acme',
          revenue: 12.5,
          currency: 'EUR',
          properties: { conversation: '147', tag: 'x', delivery: 'msg_1' },
          person: { set: { email: 'ada@example.com' } },
        },
      ],
    });
  });

  it('makes many of a batch, numbered within the sender’s own id of the delivery', async () => {
    const { events } = await decode('items.{"event": "Sold", "properties": {"sku": sku}}', {
      items: [{ sku: 'a' }, { sku: 'b' }],
    });
    expect(events.map(({ id, properties }) => [id, properties.sku])).toEqual([
      ['k:msg_1:0', 'a'],
      ['k:msg_1:1', 'b'],
    ]);
  });

  it('may make none on purpose', async () => {
    const nothing = { events: [], failures: [], dropped: { 'the mapping made no event': 1 } };
    expect(await decode('topic = "other" ? {"event": "x"}', intercom)).toEqual(nothing);
    expect(await decode('[]', intercom)).toEqual(nothing);
  });

  it('is given the time at which the delivery came, whenever it is decoded', async () => {
    const { events } = await decode(
      '{"event": "x", "properties": {"now": $now(), "millis": $millis(), "at": $receivedAt}}',
      {},
    );
    expect(events[0]?.properties).toEqual({
      now: '2026-11-21T20:00:00.000Z',
      millis: receivedAt,
      at: receivedAt,
    });
  });

  test.each([
    ['{"event": ', 'mapping failed', /before end of expression \(at character 10\)/],
    ['$nosuch(1)', 'mapping failed', /non-function/],
    ['$random()', 'mapping failed', /\$random is not there/],
    ['$eval("1")', 'mapping failed', /\$eval is not there/],
    ['{"userId": "u"}', 'no event name', /"event" must be a text/],
    ['{"event": "x", "userID": "u"}', 'unknown field', /"userID" is none of event, userId/],
    ['{"event": "x", "revenue": "much"}', 'wrong type', /"revenue"/],
    ['{"event": "x", "timestamp": "yesterday"}', 'wrong type', /"timestamp"/],
    ['{"event": "x", "properties": [1]}', 'wrong type', /"properties"/],
    ['"text"', 'not an event', /objects with these fields/],
    ['[1..1001].{"event": "x"}', 'too many events', /at most 1000/],
    ['{"event": $join([1..300].("a"))}', 'event name too long', /200/],
  ])('%s goes to quarantine: %s', async (mapping, reason, detail) => {
    const { events, failures } = await decode(mapping, intercom);
    expect(events).toEqual([]);
    expect(failures[0]).toMatchObject({ stage: 'decode', reason, detail: expect.stringMatching(detail) });
  });

  it('fails for one event of many alone', async () => {
    const { events, failures } = await decode('[{"event": "good"}, {"evnt": "bad"}]', {});
    expect(events).toMatchObject([{ event: 'good' }]);
    expect(failures).toMatchObject([{ reason: 'unknown field', payload: '{"evnt":"bad"}' }]);
  });
});

describe('bounds', () => {
  test.each([
    ['calls without end', '($f := function($n) { 1 + $f($n + 1) }; $f(0))', 'mapping failed'],
    ['a tail call without end', '($f := function($n) { $f($n + 1) }; $f(0))', 'mapping failed'],
    ['a list without end', '[1..9999999]', 'mapping failed'],
    [
      'a text without end',
      '($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f("aaaaaaaaaaaaaaaa", 40)))',
      /mapping (?:failed|too large)/,
    ],
    ['a slow pattern', '$match(a, /^(a+)+$/)', 'mapping too slow'],
  ])('%s stops', { timeout: 30_000 }, async (_what, mapping, reason) => {
    const { events, failures } = await decode(mapping, { a: `${'a'.repeat(40)}!` });
    expect(events).toEqual([]);
    expect(failures[0]?.reason).toMatch(reason);
    // and the next one works
    expect(await decode('{"event": "x"}', {})).toMatchObject({ events: [{ event: 'x' }] });
  });

  it('an expression that had to be stopped three times rests, and others go on', async () => {
    const mapper = new Mapper(200);
    const task = {
      text: '$match(b, /^(b+)+$/)',
      body: `{"b": "${'b'.repeat(40)}!"}`,
      headers: {},
      query: {},
      receivedAt,
    };
    for (let time = 0; time < 3; time++) {
      expect(await mapper.evaluate(task)).toMatchObject({ detail: expect.stringContaining('was stopped') });
    }
    expect(await mapper.evaluate(task)).toMatchObject({
      detail: expect.stringContaining('rests for a minute'),
    });
    expect(await mapper.evaluate({ ...task, text: '1 + 1' })).toEqual({ json: 2 });
  });

  it('an expression that never comes to its end rests too, when JSONata itself has stopped it', async () => {
    const mapper = new Mapper();
    const task = {
      text: '($f := function($n) { $f($n + 1) }; $f(1))',
      body: '{}',
      headers: {},
      query: {},
      receivedAt: 0,
    };
    const reasons: unknown[] = [];
    for (let time = 0; time < 4; time++) {
      const answer = await mapper.evaluate(task);
      reasons.push('reason' in answer && answer.reason);
    }
    expect(reasons.at(-1)).toBe('mapping too slow');
  });

  it('a body that is nested without end fails in words', async () => {
    const { failures } = await decode(
      '{"event": "x"}',
      Buffer.from(`${'['.repeat(50_000)}${']'.repeat(50_000)}`),
    );
    expect(failures[0]?.reason).toBe('too deep');
  });
});

describe('without a mapping', () => {
  it('takes a body that is an event already', async () => {
    const { events } = await decode(undefined, {
      event: 'Meeting booked',
      userId: 'user_42',
      properties: { minutes: 30 },
    });
    expect(events).toMatchObject([
      { event: 'Meeting booked', userId: 'user_42', id: 'k:msg_1', properties: { minutes: 30 } },
    ]);
  });

  it('keeps every other body as it is', async () => {
    const { events } = await decode(undefined, intercom);
    expect(events).toMatchObject([{ event: 'webhook received', id: 'k:msg_1', properties: intercom }]);
    expect(await decode(undefined, [1, 2])).toMatchObject({ events: [{ properties: { body: [1, 2] } }] });
  });
});
