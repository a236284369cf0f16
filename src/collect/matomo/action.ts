import type { DecodedEvent, JsonObject, JsonValue } from '../../contract/event.ts';
import { engagementEvent } from '../event/engagement.ts';
import { number } from '../event/fields.ts';
import { itemsOf } from '../event/items.ts';
import type { Parameters } from '../event/parameters.ts';
import { type Problem, parseText } from '../event/payload.ts';

/** What a request of Matomo tells that happened. */
export interface MatomoAction
  extends Pick<DecodedEvent, 'type' | 'event' | 'title' | 'revenue' | 'orderId' | 'items' | 'properties'> {}

/** One request is one thing; where it carries several, the most particular one counts. What has no name gets that of our tracker. */
export function readMatomoAction(request: Parameters): MatomoAction | Problem {
  const get = (name: string): string | undefined => request.get(name);
  if (get('ping') === '1') return track(engagementEvent, {});
  if (get('idgoal') !== undefined) return goal(request);
  if (get('e_c') ?? get('e_a')) {
    const action = get('e_a');
    if (!action) return { reason: 'no event name', detail: 'an event of Matomo has an action, "e_a"' };
    return track(action, said({ category: get('e_c'), name: get('e_n'), value: number(get('e_v')) }));
  }
  const term = get('search');
  if (term !== undefined) {
    const more = { search_category: get('search_cat'), search_count: number(get('search_count')) };
    return track('search', { search_term: term, ...said(more) });
  }
  const link = get('link');
  if (link !== undefined) return track('$outbound', { url: link });
  const download = get('download');
  if (download !== undefined) return track('$download', { url: download });
  if (get('c_n') !== undefined) return content(request);
  if (get('action_name') === undefined && get('url') === undefined) {
    return { reason: 'no event', detail: 'a request of Matomo has a "url", an "action_name" or an event' };
  }
  return page(request);
}

function content(request: Parameters): MatomoAction {
  const interaction = request.get('c_i');
  const names = said({
    content_name: request.get('c_n'),
    content_piece: request.get('c_p'),
    content_target: request.get('c_t'),
    content_interaction: interaction,
  });
  return track(interaction === undefined ? 'content_impression' : 'content_interaction', names);
}

function track(event: string, properties: JsonObject): MatomoAction {
  return { type: 'track', event, properties };
}

/** A product that is looked at is said on the view of its page. */
function page(request: Parameters): MatomoAction {
  const sku = request.get('_pks') ?? null;
  const name = request.get('_pkn') ?? null;
  const category = request.get('_pkc') ?? null;
  const product = sku ?? name;
  const said = [sku, name, list(category) ?? category, request.get('_pkp') ?? null];
  return {
    type: 'page',
    event: 'page',
    title: request.get('action_name'),
    items: product === null ? undefined : itemsOf([said]),
    properties: category !== null && product === null ? { product_category: category } : {},
  };
}

/** Goal 0 is the shop: with an order id it was paid, without it is a cart, whose value is no revenue. */
function goal(request: Parameters): MatomoAction {
  const revenue = number(request.get('revenue'));
  const id = request.get('idgoal') ?? '';
  const attributed = said({
    attribution_campaign: request.get('_rcn'),
    attribution_keyword: request.get('_rck'),
    attribution_referrer: request.get('_ref'),
  });
  if (id !== '0') return { ...track('goal', { goal_id: id, ...attributed }), revenue };
  const items = itemsOf(list(request.get('ec_items') ?? null));
  const orderId = request.get('ec_id');
  if (orderId === undefined) return { ...track('cart_update', said({ value: revenue })), items };
  const parts = said({
    subtotal: number(request.get('ec_st')),
    tax: number(request.get('ec_tx')),
    shipping: number(request.get('ec_sh')),
    discount: number(request.get('ec_dt')),
  });
  return { ...track('purchase', { ...parts, ...attributed }), revenue, orderId, items };
}

function list(json: string | null): readonly JsonValue[] | undefined {
  if (!json?.startsWith('[')) return undefined;
  const parsed = parseText(json);
  return !('reason' in parsed) && Array.isArray(parsed.json)
    ? (parsed.json as readonly JsonValue[])
    : undefined;
}

/** Without what is not said: matomo.js writes the word `undefined` for it. */
function said(fields: Readonly<Record<string, string | number | undefined>>): JsonObject {
  const result: Record<string, string | number> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined && value !== '' && value !== 'undefined') result[name] = value;
  }
  return result;
}
