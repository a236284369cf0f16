import type { DecodedEvent, JsonObject } from '../../contract/event.ts';
import { changesOf } from '../event/dollar-properties.ts';
import { currency, isObject, maxIdLength, number, object, text, time } from '../event/fields.ts';
import { accountOf } from '../event/groups.ts';
import type { Problem } from '../event/payload.ts';
import { idOf, personOf } from './identity.ts';
import { type Sender, statedAddress } from './sender.ts';

/** An operation on a person; a payment appended to one is an event of its own, with its money. */
export function personOperation(item: JsonObject, sender: Sender): DecodedEvent | Problem {
  const who = personOf(
    idOf(item.$distinct_id ?? item.distinct_id),
    idOf(item.$user_id),
    idOf(item.$device_id),
  );
  if (who.userId === undefined && who.anonymousId === undefined) {
    return {
      reason: 'no distinct_id',
      detail: `a change of a person names its "$distinct_id" (${maxIdLength} characters)`,
    };
  }
  const { $transactions, ...appended } = object(item.$append);
  const payment = isObject($transactions) ? paymentOf($transactions) : undefined;
  const person = changesOf(payment ? { ...item, $append: appended } : item);
  if (person === undefined && payment === undefined) return noOperation;
  const { record, inBrowser } = sender;
  return {
    type: 'identify',
    event: 'identify',
    occurredAt: time(item.$time),
    properties: {},
    ...payment,
    userId: who.userId,
    anonymousId: who.anonymousId,
    userAgent: inBrowser ? record.headers['user-agent'] : undefined,
    address: statedAddress(item.$ip) ?? sender.address,
    person,
  };
}

const noOperation: Problem = {
  reason: 'no operation',
  detail: 'one of $set, $set_once, $add, $append, $union, $remove, $unset, $delete',
};

type Payment = Pick<DecodedEvent, 'type' | 'event' | 'occurredAt' | 'revenue' | 'currency' | 'properties'>;

function paymentOf({ $amount, $time, ...properties }: JsonObject): Payment {
  return {
    type: 'track',
    event: '$transaction',
    occurredAt: time($time),
    revenue: number($amount),
    currency: currency(properties.currency) ?? currency(properties.$currency),
    properties,
  };
}

export function accountOperation(item: JsonObject, { address }: Sender): DecodedEvent | Problem {
  const account = accountOf(item.$group_key, item.$group_id);
  if (account.accountId === undefined) {
    return {
      reason: 'no groupId',
      detail:
        `a change of a group names "$group_key" and "$group_id", not ${text(item.$group_id) ?? 'nothing'}`.slice(
          0,
          200,
        ),
    };
  }
  const changes = changesOf(item);
  if (changes === undefined) return noOperation;
  return {
    type: 'group',
    event: 'group',
    occurredAt: time(item.$time),
    address,
    properties: {},
    account: changes,
    ...account,
  };
}
