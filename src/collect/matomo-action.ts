import type { DecodedEvent, Item, JsonObject, JsonValue } from '../contract/event.ts';
import { engagementEvent } from './engagement.ts';
import { number, text } from './fields.ts';
import { itemsOf } from './items.ts';
import type { Parameters } from './parameters.ts';
import { type Problem, parseText } from './payload.ts';

/** What a request of Matomo tells that happened. */
export interface MatomoAction
  extends Pick<DecodedEvent, 'type' | 'event' | 'title' | 'revenue' | 'orderId' | 'items' | 'properties'> {}

/** One request is one thing; where it carries several, the most particular one counts. What has no name gets that of our tracker. */
export function readMatomoAction(request: Parameters): MatomoAction | Problem {
  if (request.ping === '1') return track(engagementEvent, {});
  if (request.idgoal !== undefined && request.idgoal !== '') return goal(request);
  if (request.e_c || request.e_a) {
    if (!request.e_a) return { reason: 'no event name', detail: 'an event of Matomo has an action, "e_a"' };
    return track(request.e_a, said({ category: request.e_c, name: request.e_n, value: number(request.e_v) }));
  }
  if (request.search !== undefined) {
    return track('search', {
      search_term: request.search,
      ...said({ search_category: request.search_cat, search_count: number(request.search_count) }),
    });
  }
  if (request.link) return track('$outbound', { url: request.link });
  if (request.download) return track('$download', { url: request.download });
  if (request.c_n) {
    const names = { content_name: request.c_n, content_piece: request.c_p, content_target: request.c_t };
    return request.c_i
      ? track('content_interaction', said({ ...names, content_interaction: request.c_i }))
      : track('content_impression', said(names));
  }
  if (request.action_name === undefined && request.url === undefined) {
    return { reason: 'no event', detail: 'a request of Matomo has a "url", an "action_name" or an event' };
  }
  return page(request);
}

function track(event: string, properties: JsonObject): MatomoAction {
  return { type: 'track', event, properties };
}

/** A product that is looked at is said on the view of its page. */
function page(request: Parameters): MatomoAction {
  const { _pks, _pkn, _pkc, _pkp } = request;
  const looked =
    _pks || _pkn
      ? itemsOf([[_pks ?? null, _pkn ?? null, list(_pkc) ?? _pkc ?? null, _pkp ?? null]])
      : undefined;
  return {
    type: 'page',
    event: 'page',
    title: text(request.action_name),
    items: looked,
    properties: _pkc && !looked ? { product_category: _pkc } : {},
  };
}

/** Goal 0 is the shop: with an order id it was paid, without it is a cart, whose value is no revenue. */
function goal(request: Parameters): MatomoAction {
  const revenue = number(request.revenue);
  const attributed = said({
    attribution_campaign: request._rcn,
    attribution_keyword: request._rck,
    attribution_referrer: request._ref,
  });
  if (request.idgoal !== '0') {
    return { ...track('goal', { goal_id: request.idgoal ?? '', ...attributed }), revenue };
  }
  const items: readonly Item[] | undefined = itemsOf(list(request.ec_items));
  if (!request.ec_id) return { ...track('cart_update', said({ value: revenue })), items };
  const parts = said({
    subtotal: number(request.ec_st),
    tax: number(request.ec_tx),
    shipping: number(request.ec_sh),
    discount: number(request.ec_dt),
  });
  return { ...track('purchase', { ...parts, ...attributed }), revenue, orderId: request.ec_id, items };
}

function list(json: string | undefined): readonly JsonValue[] | undefined {
  if (!json?.startsWith('[')) return undefined;
  const parsed = parseText(json);
  return !('reason' in parsed) && Array.isArray(parsed.json)
    ? (parsed.json as readonly JsonValue[])
    : undefined;
}

/** Without what is not said: matomo.js writes the word `undefined` for it. */
function said(fields: Readonly<Record<string, string | number | undefined>>): JsonObject {
  const result: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== '' && value !== 'undefined') result[name] = value;
  }
  return result;
}
