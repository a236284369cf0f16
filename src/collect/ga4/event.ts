import type {
  CampaignFacts,
  ClientHints,
  Consent,
  DecodedEvent,
  DeviceFacts,
  JsonObject,
  JsonValue,
} from '../../contract/event.ts';
import { engagementEvent, engagementOf } from '../event/engagement.ts';
import { withinBounds } from '../event/event-problem.ts';
import { currency, number, screen, text, url } from '../event/fields.ts';
import { itemsOf } from '../event/items.ts';
import type { Problem } from '../event/payload.ts';
import { remaining } from '../event/remaining.ts';

/** One event of GA4, however it was sent: parameters by the long names that the reports show. */
export interface Ga4Event {
  readonly name: JsonValue | undefined;
  readonly params: JsonObject;
  readonly userProperties?: JsonObject | undefined;
  readonly id?: string | undefined;
  readonly occurredAt?: number | undefined;
  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
  readonly address?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly clientHints?: ClientHints | undefined;
  readonly device?: DeviceFacts | undefined;
  readonly campaign?: CampaignFacts | undefined;
  readonly consent?: Consent | undefined;
  readonly library?: string | undefined;
  readonly locale?: string | undefined;
}

/**
 * Whose `value` was paid, as GA4 itself counts revenue: what lies in a cart or what a lead may bring is a property. A refund's
 * value is stated as a positive number and takes away.
 */
const paid: Readonly<Record<string, 1 | -1>> = {
  purchase: 1,
  ecommerce_purchase: 1,
  in_app_purchase: 1,
  ad_impression: 1,
  refund: -1,
};

const columns = [
  'page_location',
  'page_referrer',
  'page_title',
  'language',
  'screen_resolution',
  'session_id',
  'engagement_time_msec',
  'transaction_id',
  'app_version',
];
const taken = new Set(columns);
const takenOfSale = new Set([...columns, 'value', 'currency']);

export function decodeGa4(from: Ga4Event): DecodedEvent | Problem {
  const name = typeof from.name === 'object' ? undefined : text(from.name);
  if (name === undefined) return { reason: 'no event name', detail: 'an event of GA4 has a "name" ("en")' };
  const { params } = from;
  const sign = Object.hasOwn(paid, name) ? paid[name] : undefined;
  const value = sign === undefined ? undefined : number(params.value);
  const sale = value !== undefined;
  const type = name === 'page_view' ? 'page' : name === 'screen_view' ? 'screen' : 'track';
  return withinBounds({
    type,
    event: type !== 'track' ? type : name === 'user_engagement' ? engagementEvent : name,
    id: from.id,
    occurredAt: from.occurredAt,
    userId: from.userId,
    anonymousId: from.anonymousId,
    clientSessionId: text(params.session_id),
    url: url(params.page_location),
    referrer: url(params.page_referrer),
    title: text(params.page_title),
    userAgent: from.userAgent,
    clientHints: from.clientHints,
    address: from.address,
    locale: text(params.language) ?? from.locale,
    screen: screen(params.screen_resolution),
    device: from.device,
    appVersion: text(params.app_version),
    library: from.library,
    campaign: from.campaign,
    revenue: sale ? value * (sign ?? 1) : undefined,
    currency: currency(params.currency),
    orderId: text(params.transaction_id),
    items: itemsOf(params.items),
    consent: from.consent,
    properties: propertiesOf(params, type, sale),
    person: from.userProperties ? { set: from.userProperties } : undefined,
  });
}

function propertiesOf(params: JsonObject, type: DecodedEvent['type'], sale: boolean): JsonObject {
  const rest = remaining(params, sale ? takenOfSale : taken);
  const engaged = number(params.engagement_time_msec);
  const name = type === 'screen' ? (params.screen_name ?? params.firebase_screen) : undefined;
  if (engaged === undefined && name === undefined) return rest;
  return { ...rest, ...engagementOf(engaged), ...(name !== undefined && { name }) };
}
