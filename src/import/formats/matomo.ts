import type { EventType, JsonObject } from '../../contract/event.ts';
import { idOf, isObject, listOf, numberOf, objectOf, textOf, timeOf } from '../fields.ts';
import type { Converted, Format, HistoricEvent } from '../format.ts';
import { toTributary } from '../tributary.ts';

/** Names of the actions of a visit that are not page views. */
const names: Readonly<Record<string, string>> = {
  download: 'file downloaded',
  outlink: 'link clicked',
  search: 'searched',
  goal: 'goal reached',
  ecommerceOrder: 'order completed',
  ecommerceAbandonedCart: 'cart updated',
};

/** Visits of Matomo's reporting API (`Live.getLastVisitsDetails`, format JSON): one row per visit with its `actionDetails`. */
function convert(row: JsonObject): Converted {
  const visit = textOf(row.idVisit);
  if (visit === undefined) return { skip: 'no "idVisit"' };
  const actions = listOf(row.actionDetails).filter(isObject);
  if (actions.length === 0) return { skip: 'no "actionDetails"' };
  return actions.flatMap((action, index) => {
    const event = eventOf(row, visit, action, index);
    return event === undefined ? [] : [{ door: 'tributary' as const, item: toTributary(event) }];
  });
}

function eventOf(
  row: JsonObject,
  visit: string,
  action: JsonObject,
  index: number,
): HistoricEvent | undefined {
  const time = timeOf(action.timestamp) ?? timeOf(action.serverTimePretty);
  if (time === undefined) return undefined;
  const named = nameOf(action);
  return {
    ...named,
    id: idOf('matomo', textOf(row.idSite), visit, textOf(action.pageId), textOf(action.type), index),
    trueAt: time,
    userId: textOf(row.userId),
    anonymousId: textOf(row.visitorId),
    clientSessionId: visit,
    url: textOf(action.url),
    referrer: index === 0 ? textOf(row.referrerUrl) : undefined,
    title: textOf(action.pageTitle),
    screen: textOf(row.resolution),
    locale: textOf(row.languageCode),
    device: {
      type: textOf(row.deviceType)?.toLowerCase(),
      brand: textOf(row.deviceBrand),
      model: textOf(row.deviceModel),
      os: textOf(row.operatingSystemName),
      osVersion: textOf(row.operatingSystemVersion),
    },
    revenue: numberOf(action.revenue),
    currency: numberOf(action.revenue) === undefined ? undefined : textOf(row.siteCurrency),
    orderId: textOf(action.orderId),
    items: itemsOf(action),
    properties: propertiesOf(action),
  };
}

function nameOf(action: JsonObject): { readonly type: EventType; readonly event: string } {
  const type = textOf(action.type) ?? 'action';
  if (type === 'action') return { type: 'page', event: 'page' };
  if (type === 'event') {
    return { type: 'track', event: textOf(action.eventAction) ?? textOf(action.eventCategory) ?? 'event' };
  }
  return { type: 'track', event: names[type] ?? type };
}

function itemsOf(action: JsonObject): HistoricEvent['items'] {
  const items = listOf(action.itemDetails)
    .filter(isObject)
    .map((item) => ({
      id: textOf(item.itemSKU),
      name: textOf(item.itemName),
      category: textOf(item.itemCategory),
      price: numberOf(item.price),
      quantity: numberOf(item.quantity),
    }));
  return items.length === 0 ? undefined : items;
}

const kept = [
  'eventCategory',
  'eventName',
  'eventValue',
  'goalName',
  'goalId',
  'siteSearchKeyword',
  'siteSearchCategory',
];

function propertiesOf(action: JsonObject): JsonObject {
  const dimensions = Object.entries(action).filter(([name]) => /^dimension\d+$/.test(name));
  const entries = [...kept.map((name) => [name, action[name]] as const), ...dimensions];
  const variables = objectOf(action.customVariables);
  return Object.fromEntries([
    ...entries.flatMap(([name, value]) =>
      value === undefined || value === null || value === '' ? [] : [[name, value]],
    ),
    ...(Object.keys(variables).length === 0 ? [] : [['customVariables', variables]]),
  ]);
}

export const matomo: Format = {
  name: 'matomo',
  summary: 'visits of Matomo (Live.getLastVisitsDetails as JSON, with actionDetails)',
  convert,
  recognizes: (row) => 'idVisit' in row && 'actionDetails' in row,
};
