import type { DeviceFacts, Item, JsonObject, JsonValue } from '../../contract/event.ts';
import { idOf, isObject, listOf, numberOf, objectOf, textOf, timeOf } from '../fields.ts';
import type { Converted, Format, HistoricEvent } from '../format.ts';
import { toTributary } from '../tributary.ts';

/** Parameters that have a field of their own. */
const known = new Set([
  'page_location',
  'page_referrer',
  'page_title',
  'ga_session_id',
  'currency',
  'value',
  'transaction_id',
]);

/** The daily tables `events_…` of GA4's BigQuery export, as JSON lines or Parquet. */
function convert(row: JsonObject): Converted {
  const name = textOf(row.event_name);
  const time = timeOf(row.event_timestamp);
  const pseudo = textOf(row.user_pseudo_id);
  if (name === undefined) return { skip: 'no "event_name"' };
  if (time === undefined) return { skip: 'no readable "event_timestamp"' };
  const params = parameters(row.event_params);
  const ecommerce = objectOf(row.ecommerce);
  const traits = parameters(row.user_properties);
  const currency = textOf(params.currency);
  const event: HistoricEvent = {
    type: name === 'page_view' ? 'page' : name === 'screen_view' ? 'screen' : 'track',
    event: name === 'page_view' ? 'page' : name === 'screen_view' ? 'screen' : name,
    id: idOf(
      'ga4',
      pseudo,
      textOf(row.event_timestamp),
      name,
      textOf(row.event_bundle_sequence_id),
      textOf(row.batch_event_index),
      JSON.stringify(row.event_params ?? null),
    ),
    trueAt: time,
    userId: textOf(row.user_id),
    anonymousId: pseudo,
    clientSessionId: textOf(params.ga_session_id),
    url: textOf(params.page_location),
    referrer: textOf(params.page_referrer),
    title: textOf(params.page_title),
    locale: textOf(objectOf(row.device).language),
    device: deviceOf(objectOf(row.device)),
    campaign: campaignOf(objectOf(row.collected_traffic_source)),
    revenue:
      numberOf(ecommerce.purchase_revenue) ?? (currency === undefined ? undefined : numberOf(params.value)),
    currency,
    orderId: textOf(params.transaction_id) ?? textOf(ecommerce.transaction_id),
    items: itemsOf(row.items),
    properties: Object.fromEntries(Object.entries(params).filter(([key]) => !known.has(key))),
    person: Object.keys(traits).length === 0 ? undefined : { set: traits },
  };
  return event.userId === undefined && pseudo === undefined
    ? { skip: 'no "user_pseudo_id" and no "user_id"' }
    : [{ door: 'tributary', item: toTributary(event) }];
}

/** `[{key, value: {string_value | int_value | float_value | double_value}}]` as an object. */
function parameters(value: JsonValue | undefined): JsonObject {
  const found: Record<string, JsonValue> = {};
  for (const one of listOf(value)) {
    if (!isObject(one)) continue;
    const key = textOf(one.key);
    const held = objectOf(one.value);
    const integer = numberOf(held.int_value);
    const said =
      textOf(held.string_value) ?? integer ?? numberOf(held.double_value) ?? numberOf(held.float_value);
    if (key !== undefined && said !== undefined) found[key] = said;
  }
  return found;
}

function deviceOf(device: JsonObject): DeviceFacts | undefined {
  const facts = {
    type: textOf(device.category),
    brand: textOf(device.mobile_brand_name),
    model: textOf(device.mobile_model_name),
    os: textOf(device.operating_system),
    osVersion: textOf(device.operating_system_version),
  };
  return Object.values(facts).some((fact) => fact !== undefined) ? facts : undefined;
}

function campaignOf(source: JsonObject): HistoricEvent['campaign'] {
  const facts = {
    source: textOf(source.manual_source),
    medium: textOf(source.manual_medium),
    name: textOf(source.manual_campaign_name),
    term: textOf(source.manual_term),
    content: textOf(source.manual_content),
  };
  return Object.values(facts).some((fact) => fact !== undefined) ? facts : undefined;
}

function itemsOf(value: JsonValue | undefined): readonly Item[] | undefined {
  const items = listOf(value)
    .filter(isObject)
    .map((item) => ({
      id: textOf(item.item_id),
      name: textOf(item.item_name),
      brand: textOf(item.item_brand),
      category: textOf(item.item_category),
      variant: textOf(item.item_variant),
      coupon: textOf(item.coupon),
      price: numberOf(item.price),
      quantity: numberOf(item.quantity),
    }));
  return items.length === 0 ? undefined : items;
}

export const ga4: Format = {
  name: 'ga4',
  summary: 'tables events_… of GA4’s BigQuery export (event_name, event_timestamp, event_params, …)',
  convert,
  recognizes: (row) => 'event_name' in row && 'event_timestamp' in row && 'event_params' in row,
};
