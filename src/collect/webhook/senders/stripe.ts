import type { DecodedEvent, Item, JsonObject, JsonValue } from '../../../contract/event.ts';
import { currency, isObject, number, object, text } from '../../event/fields.ts';
import { majorUnits } from '../../event/money.ts';
import {
  firstOf,
  genuine,
  header,
  isFresh,
  ownAccount,
  ownUser,
  refused,
  type Sender,
  said,
  stranger,
  tooOld,
  type Verdict,
  withSecret,
} from '../sender.ts';
import { hmac, isHex } from '../signature.ts';

/** Stripe's events; signatures: https://docs.stripe.com/webhooks/signature. Every attempt is signed anew. */
const tolerance = 300;

export const stripe: Sender = {
  door: 'stripe',
  keeps: [],

  check: (call) =>
    withSecret(call, 'signing secret', (secret): Verdict => {
      const { stamp, signatures } = partsOf(header(call.headers, 'stripe-signature') ?? '');
      const expected = hmac('sha256', secret, `${stamp}.`, call.body);
      if (!signatures.some((given) => isHex(expected, given)))
        return refused('Stripe-Signature has no signature of this body with the signing secret');
      return isFresh(Number(stamp) * 1_000, call.now, tolerance) ? genuine : tooOld(tolerance);
    }),

  event: (body) => {
    if (!isObject(body) || body.object !== 'event')
      return { reason: 'not an event', detail: 'Stripe sends an object of the kind "event"' };
    const type = text(body.type);
    const id = text(body.id);
    if (type === undefined || id === undefined)
      return { reason: 'unknown type', detail: '"id" or "type" is missing' };
    return eventOf(body, type, id);
  },
};

/** `t=1492774577,v1=5257…,v1=…`: several while a secret is being replaced. */
function partsOf(signature: string): { readonly stamp: string; readonly signatures: readonly string[] } {
  const pairs = signature.split(',', 20).map((pair) => pair.trim().split('=', 2));
  const valuesOf = (name: string): string[] =>
    pairs.flatMap(([key, value]) => (key === name && value ? [value] : []));
  return { stamp: valuesOf('t')[0] ?? '', signatures: valuesOf('v1') };
}

function eventOf(body: JsonObject, type: string, id: string): DecodedEvent {
  const data = object(body.data);
  const thing = object(data.object);
  const kind = text(thing.object);
  const attached = attachedTo(thing);
  const customer = kind === 'customer' ? text(thing.id) : idOf(thing.customer);
  const money = moneyOf(type, thing, object(data.previous_attributes));
  const user = text(ownUser(attached)) ?? text(thing.client_reference_id);
  const account = accountOf(attached, text(body.account), customer);
  const mail = text(
    firstOf(thing, ['customer_email', 'receipt_email']) ??
      (kind === 'customer' ? thing.email : undefined) ??
      object(thing.customer_details).email ??
      object(thing.billing_details).email,
  );
  const name = text(thing.customer_name) ?? (kind === 'customer' ? text(thing.name) : undefined);
  const seconds = number(body.created);
  const profile = said({ email: mail, name, stripeCustomer: customer });
  return {
    type: 'track',
    event: `stripe ${type}`,
    id: stranger('stripe', id),
    trueAt: seconds === undefined ? undefined : seconds * 1_000,
    userId: user,
    anonymousId: stranger('stripe', customer ?? (user === undefined ? (text(thing.id) ?? id) : undefined)),
    ...account,
    revenue: money.revenue,
    currency: money.currency,
    orderId: money.revenue === undefined ? undefined : text(thing.id),
    items: money.revenue === undefined ? undefined : itemsOf(thing, money.currency),
    properties: said({
      sender: 'stripe',
      object: kind,
      objectId: text(thing.id),
      customer,
      email: mail,
      amount: money.amount,
      // beside revenue it is a column; where there is none, an amount needs it too
      currency: money.currency,
      status: text(thing.status),
      invoice: idOf(thing.invoice),
      subscription: idOf(thing.subscription) ?? (kind === 'subscription' ? text(thing.id) : undefined),
      billingReason: text(thing.billing_reason),
      failureCode: text(thing.failure_code) ?? text(object(thing.last_payment_error).code),
      ...subscriptionFacts(kind, thing, data),
      livemode: typeof body.livemode === 'boolean' ? body.livemode : undefined,
      metadata: Object.keys(attached).length > 0 ? attached : undefined,
    }),
    person: customer === undefined && mail === undefined ? undefined : { set: profile },
  };
}

/** Metadata of the object, and of the subscription that an invoice is for: the place of people's own ids. */
function attachedTo(thing: JsonObject): JsonObject {
  const parent = object(object(object(thing.parent).subscription_details).metadata);
  return { ...parent, ...object(object(thing.subscription_details).metadata), ...object(thing.metadata) };
}

/** The product's own account; else the platform's connected account; else the customer, who is at least the one that pays. */
function accountOf(
  attached: JsonObject,
  connected: string | undefined,
  customer: string | undefined,
): Pick<DecodedEvent, 'accountId' | 'accountKind'> {
  const own = text(ownAccount(attached));
  if (own !== undefined) return { accountId: own };
  if (connected !== undefined) return { accountId: connected, accountKind: 'stripe_account' };
  return customer === undefined ? {} : { accountId: customer, accountKind: 'stripe_customer' };
}

interface Money {
  /** What the event says was paid; negative when it was given back. Only one event of a payment has it. */
  readonly revenue: number | undefined;
  /** What the object is worth. */
  readonly amount: number | undefined;
  readonly currency: string | undefined;
}

/**
 * A payment is told by many events: of an invoice `invoice.paid` has the revenue, of a payment without one `charge.succeeded` (or
 * `charge.captured`, when the money was only reserved before), of a refund `charge.refunded`.
 */
function moneyOf(type: string, thing: JsonObject, before: JsonObject): Money {
  const stated = currency(thing.currency);
  const inUnits = (value: JsonValue | undefined): number | undefined => majorUnits(value, stated);
  const amount = inUnits(firstOf(thing, ['amount_paid', 'amount_total', 'amount', 'total']));
  let revenue: number | undefined;
  if (type === 'invoice.paid') revenue = inUnits(thing.amount_paid);
  else if (type === 'charge.succeeded' && !hasInvoice(thing))
    revenue = inUnits(thing.amount_captured ?? thing.amount);
  else if (type === 'charge.captured' && !hasInvoice(thing)) revenue = inUnits(thing.amount_captured);
  else if (type === 'charge.refunded') {
    const given = inUnits((number(thing.amount_refunded) ?? 0) - (number(before.amount_refunded) ?? 0));
    revenue = given === undefined ? undefined : -given;
  }
  return { revenue: revenue === 0 ? undefined : revenue, amount, currency: stated };
}

/** Versions of the API since 2025 leave the invoice out of the charge; its description begins with one of these then. */
const invoiced = /^(?:subscription (?:creation|update)|payment for invoice|invoice )/i;

function hasInvoice(charge: JsonObject): boolean {
  return idOf(charge.invoice) !== undefined || invoiced.test(text(charge.description) ?? '');
}

/** References are ids, or the whole object where the account asks for it. */
function idOf(value: JsonValue | undefined): string | undefined {
  return isObject(value) ? text(value.id) : text(value);
}

/** How many of these there are in a month. */
const perMonth: Readonly<Record<string, number>> = { day: 365 / 12, week: 365 / 84, month: 1, year: 1 / 12 };

function subscriptionFacts(kind: string | undefined, thing: JsonObject, data: JsonObject): JsonObject {
  if (kind !== 'subscription') return {};
  const list = object(thing.items).data;
  const lines: readonly JsonValue[] = Array.isArray(list) ? list : [];
  let monthly = 0;
  for (const line of lines.slice(0, 100)) {
    const price = object(object(line).price);
    const recurring = object(price.recurring);
    const every = number(recurring.interval_count) ?? 1;
    const each = majorUnits(price.unit_amount ?? price.unit_amount_decimal, currency(price.currency)) ?? 0;
    monthly +=
      (each * (number(object(line).quantity) ?? 1) * (perMonth[text(recurring.interval) ?? ''] ?? 0)) / every;
  }
  const first = object(object(lines[0]).price);
  return said({
    plan: text(first.lookup_key) ?? text(first.nickname) ?? text(first.id),
    product: idOf(first.product),
    interval: text(object(first.recurring).interval),
    quantity: number(object(lines[0]).quantity),
    monthlyAmount: Math.round(monthly * 100) / 100,
    previousStatus: text(object(data.previous_attributes).status),
    cancelAtPeriodEnd: thing.cancel_at_period_end === true ? true : undefined,
    trial: thing.status === 'trialing' ? true : undefined,
    cancellationReason: text(object(thing.cancellation_details).feedback),
  });
}

function itemsOf(thing: JsonObject, stated: string | undefined): readonly Item[] | undefined {
  const list = object(thing.lines).data;
  if (!Array.isArray(list) || list.length === 0) return undefined;
  return (list as readonly JsonValue[]).slice(0, 100).map((one) => {
    const line = object(one);
    const price = object(line.price);
    const priced = object(object(line.pricing).price_details);
    const quantity = number(line.quantity) ?? 1;
    const total = majorUnits(line.amount, stated);
    return {
      id: text(price.id) ?? text(priced.price),
      name: text(line.description),
      category: idOf(price.product) ?? text(priced.product),
      price: total === undefined || quantity === 0 ? undefined : total / quantity,
      quantity,
    };
  });
}
