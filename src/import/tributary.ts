import type { JsonObject, JsonValue } from '../contract/event.ts';
import type { HistoricEvent } from './format.ts';

/** An event in the words of our own protocol (docs/tracker.md); what is absent stays absent. */
export function toTributary(event: HistoricEvent): JsonObject {
  return present({
    t: event.type,
    n: event.event,
    i: event.id,
    trueAt: event.trueAt,
    u: event.userId,
    a: event.anonymousId,
    g: event.accountId,
    previousId: event.previousId,
    sessionId: event.clientSessionId,
    revenue: event.revenue,
    currency: event.currency,
    orderId: event.orderId,
    items: event.items?.map((item) => present({ ...item })),
    p: event.properties,
    person: event.person?.set && { set: event.person.set },
    d: present({
      url: event.url,
      ref: event.referrer,
      title: event.title,
      ua: event.userAgent,
      ip: event.address,
      locale: event.locale,
      screen: event.screen,
      device: event.device && present({ ...event.device }),
      campaign: event.campaign && present({ ...event.campaign }),
    }),
  });
}

function present(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}
