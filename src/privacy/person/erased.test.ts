import { expect, test } from 'vitest';
import type { Decoded, DecodedEvent, Failure } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { sha256 } from '../../runtime/ids.ts';
import { erasedHash, rearrivalIds, withoutErased } from './erased.ts';

const key = Buffer.alloc(32, 7).toString('base64url');
const ids = rearrivalIds({
  ids: [
    { kind: 'u', id: 'auth0|jane-1' },
    { kind: 'a', id: 'device-77' },
    { kind: 'u', id: '42' },
  ],
  marks: ['Jane@Person.example', '+49 170 1234567'],
});
const list = { key, ranges: new Map(ids.map((id) => [erasedHash(key, id), [{ from: 10, to: null }]])) };

function decoded(answer: Partial<Decoded>, over: Partial<LogRecord> = {}): Decoded {
  const record: LogRecord = {
    offset: 12,
    receivedAt: 0,
    project: 'p',
    key: '',
    protocol: 'segment',
    method: 'POST',
    path: '/v1/batch',
    query: '',
    headers: {},
    address: '',
    visitor: '',
    body: Buffer.from(''),
    ...over,
  };
  const decode = withoutErased(() => ({ events: [], failures: [], ...answer }), new Map([['p', list]]));
  return decode(record) as Decoded;
}

const event = (over: Partial<DecodedEvent>): DecodedEvent => ({
  type: 'identify',
  event: 'identify',
  properties: {},
  ...over,
});
const failure = (payload: unknown): Failure => ({
  stage: 'decode',
  reason: 'no event name',
  detail: '',
  ...(payload === undefined
    ? {}
    : { payload: typeof payload === 'string' ? payload : JSON.stringify(payload) }),
});

test('the ids of an erased person are their ids and the hashes of their addresses', () => {
  expect(ids).toEqual(['auth0|jane-1', 'device-77', '42', sha256('jane@person.example')]);
});

test('an event that knows but the e-mail address of an erased person is dropped; a new account with it is not', () => {
  const mail = { set: { email: ' JANE@person.example ' } };
  const kept = [
    event({ userId: 'new-account', person: mail }),
    event({ person: { set: { email: 'other@person.example' } } }),
  ];
  const { events, dropped } = decoded({
    events: [
      event({ person: mail }),
      event({ anonymousId: 'fresh-device', person: mail }),
      event({ anonymousId: 'email:jane@person.example' }),
      ...kept,
    ],
    dropped: { heartbeat: 2 },
  });
  expect(events).toEqual(kept);
  expect(dropped).toEqual({ heartbeat: 2, erased: 3 });
});

test('an item that cannot be decoded and names an erased person is dropped and counted', () => {
  const named = [
    { userId: 'auth0|jane-1' },
    { user: { id: 42 } },
    { context: [{ traits: { email: 'Jane@Person.example' } }] },
    { requests: ['?action_name=x&uid=auth0%7Cjane-1'] },
    '{"userId":"auth0|jane-1", broken',
    'charged user:device-77.',
    `data=${Buffer.from('{"distinct_id":"device-77"}').toString('base64')}`,
  ];
  const others = [{ userId: 'jane-1' }, { invited_by: 'auth0|jane-1' }, { userId: 'x', amount: 42 }, 'is 42'];
  const { failures, dropped } = decoded({ failures: [...named, ...others].map(failure) });
  expect(failures).toEqual(others.map(failure));
  expect(dropped).toEqual({ erased: named.length });
});

test('a request that fails as a whole is judged by its body and its query', () => {
  const whole = failure(undefined);
  expect(decoded({ failures: [whole] }, { body: Buffer.from('<x id="device-77">') })).toMatchObject({
    failures: [],
    dropped: { erased: 1 },
  });
  expect(decoded({ failures: [whole] }, { query: '_id=device-77' }).failures).toEqual([]);
  expect(decoded({ failures: [whole] }, { body: Buffer.from('<x id="device-78">') })).toEqual({
    events: [],
    failures: [whole],
  });
  // what arrived before the erasure was dealt with by it
  expect(decoded({ failures: [whole] }, { offset: 9, query: '_id=device-77' }).failures).toEqual([whole]);
});
