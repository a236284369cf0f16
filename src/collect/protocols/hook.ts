import { unescape as unescaped } from 'node:querystring';
import type { Decoded, DecodedEvent, Failure, JsonValue } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { withinBounds } from '../event/event-problem.ts';
import { outOfBounds } from '../event/fields.ts';
import type { Problem } from '../event/payload.ts';
import { without } from '../event/payload-forms.ts';
import type { Admission, Answer, DecodeContext, Incoming, Protocol, Reading, Route } from '../protocol.ts';
import { hideStatedAddresses } from '../webhook/addresses.ts';
import { deliveryOf } from '../webhook/delivery.ts';
import { mapEvents, mappedBefore, readyEvent } from '../webhook/mapped-events.ts';
import { header, type Nothing, type Sender, type Verdict } from '../webhook/sender.ts';
import { senderOf } from '../webhook/senders.ts';

/**
 * Webhooks: `POST /hook/<key>`. What the key is for says whose they are; senders/ knows how each signs, and what its bodies
 * mean. Senders want an answer within seconds and try again for hours: it comes as soon as the body is on disk.
 */
const path = /^\/hook\/([^/]{1,600})$/;

function route(of: string): Route | undefined {
  const key = path.exec(of)?.[1];
  return key === undefined
    ? undefined
    : { kind: 'events', methods: ['POST'], path: '/hook', key: unescaped(key) };
}

const json = { 'content-type': 'application/json' };
const taken: Answer = { status: 200, headers: json, body: '{"ok":true}' };
/** Where the record says whose it is: what the key was for when it came. */
const doorHeader = 'x-tributary-door';

function read({ route: { key }, query }: Incoming): Reading {
  return { key, query: without(query, 'token', 'secret'), answer: taken };
}

const admit: NonNullable<Protocol['admit']> = (incoming, { door, secret }, now, outbound) => {
  const sender = senderOf(door);
  if (!sender) {
    const message = `this key is of a source for "${door}", not of a webhook; make a source for the sender under Sources`;
    return { keep: false, outcome: 'wrong-door', answer: refusal(400, message) };
  }
  const { headers, query, body } = incoming;
  const verdict = sender.check({ headers, query, body, secret, now, outbound });
  return verdict instanceof Promise
    ? verdict.then((one) => admission(one, sender, incoming))
    : admission(verdict, sender, incoming);
};

function admission(verdict: Verdict, sender: Sender, { headers }: Incoming): Admission {
  switch (verdict.kind) {
    case 'genuine': {
      const kept: Record<string, string> = {};
      for (const name of sender.keeps) {
        const value = header(headers, name);
        if (value !== undefined) kept[name] = value.slice(0, 500);
      }
      return { keep: true, answer: taken, headers: { ...kept, [doorHeader]: sender.door } };
    }
    case 'answered':
      return {
        keep: false,
        outcome: verdict.outcome,
        answer: verdict.body === '' ? taken : { status: 200, headers: json, body: verdict.body },
      };
    case 'later': {
      const answer = refusal(503, verdict.message);
      return {
        keep: false,
        outcome: 'later',
        answer: { ...answer, headers: { ...json, 'retry-after': '5' } },
      };
    }
    case 'refused':
      return { keep: false, outcome: verdict.outcome, answer: refusal(401, verdict.message) };
  }
}

/** Senders show their customers what was answered: it says what to do. */
function refusal(status: number, message: string): Answer {
  return { status, headers: json, body: JSON.stringify({ ok: false, error: message }) };
}

function decode(record: LogRecord, context: DecodeContext): Decoded | Promise<Decoded> {
  const sender = senderOf(record.headers[doorHeader] ?? '');
  if (!sender)
    return whole({ reason: 'unknown sender', detail: 'the request does not say which sender it is of' });
  const delivery = deliveryOf(record);
  if ('reason' in delivery) return whole(delivery);
  if (sender.door !== 'generic') return decodeAll(sender, delivery.body, record);
  return context.mapping(record.key).then((mapping) => {
    if (mapping !== undefined) return mapEvents(mapping, delivery);
    // what has the shape of an event already, and whatever else as it came
    const ready = readyEvent(delivery);
    return ready ? { events: [ready], failures: [] } : decodeAll(sender, delivery.body, record);
  });
}

/** One of several items of a body, or an event that a mapping made of it. */
async function decodeAlone(record: LogRecord, _envelope: string, context: DecodeContext): Promise<Decoded> {
  const sender = senderOf(record.headers[doorHeader] ?? '');
  const delivery = deliveryOf(record);
  if (!sender || 'reason' in delivery) return decode(record, context);
  const mapping = sender.door === 'generic' ? await context.mapping(record.key) : undefined;
  if (mapping === undefined) return decodeList(sender, [delivery.body], record);
  return mappedBefore({ ...delivery, id: undefined });
}

function whole(problem: Problem): Decoded {
  return { events: [], failures: [{ stage: 'decode', ...problem }] };
}

function decodeAll(sender: Sender, body: JsonValue, record: LogRecord): Decoded {
  return decodeList(sender, sender.items?.(body) ?? [body], record);
}

function decodeList(sender: Sender, items: readonly JsonValue[], record: LogRecord): Decoded {
  const events: DecodedEvent[] = [];
  const failures: Failure[] = [];
  const dropped: Record<string, number> = {};
  for (const item of items) {
    const made = decodeItem(sender, item, record);
    if ('nothing' in made) dropped[made.nothing] = (dropped[made.nothing] ?? 0) + 1;
    else if ('reason' in made)
      failures.push({ stage: 'decode', ...made, payload: items.length > 1 ? asText(item) : undefined });
    else events.push(made);
  }
  return Object.keys(dropped).length > 0 ? { events, failures, dropped } : { events, failures };
}

/** JSON.stringify recurses: what is nested too deep for it is kept as part of the request's body instead. */
function asText(item: JsonValue): string | undefined {
  try {
    return JSON.stringify(item);
  } catch {
    return undefined;
  }
}

function decodeItem(sender: Sender, item: JsonValue, record: LogRecord): DecodedEvent | Problem | Nothing {
  try {
    const made = sender.event(item, {
      headers: record.headers,
      query: record.query,
      receivedAt: record.receivedAt,
      source: record.key,
    });
    if ('nothing' in made || 'reason' in made) return made;
    return outOfBounds(made.properties) ?? withinBounds(made);
  } catch (error) {
    return { reason: 'decoder failed', detail: String(error) };
  }
}

export const hook: Protocol = {
  name: 'hook',
  route,
  read,
  admit,
  hideAddresses: ({ query, body }, hide) => ({ query, body: hideStatedAddresses(body, hide) }),
  tooLargeStatus: 413,
  decode,
  decodeItem: decodeAlone,
};
