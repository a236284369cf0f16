import type { CampaignFacts, ClientHints, Consent, JsonObject, JsonValue } from '../../contract/event.ts';
import { number } from '../event/fields.ts';
import { type Parameters, unescaped } from '../event/parameters.ts';

/** What a hit of gtag says beside who sent it. */
export interface Hit {
  readonly params: JsonObject;
  readonly userProperties: JsonObject | undefined;
}

/** Parameters of the transport that are parameters of the event in the reports. */
const transport = new Map([
  ['dl', 'page_location'],
  ['dr', 'page_referrer'],
  ['dt', 'page_title'],
  ['ul', 'language'],
  ['sr', 'screen_resolution'],
  ['sid', 'session_id'],
  ['cu', 'currency'],
  ['tt', 'traffic_type'],
  ['sct', 'session_number'],
  ['seg', 'session_engaged'],
  ['_et', 'engagement_time_msec'],
  ['_fv', 'first_visit'],
  ['_ss', 'session_start'],
  ['_dbg', 'debug_mode'],
]);
const counted = new Set([
  'session_number',
  'session_engaged',
  'engagement_time_msec',
  'first_visit',
  'session_start',
  'debug_mode',
]);
const itemNames: Readonly<Record<string, string>> = {
  id: 'item_id',
  nm: 'item_name',
  br: 'item_brand',
  ca: 'item_category',
  c2: 'item_category2',
  c3: 'item_category3',
  c4: 'item_category4',
  c5: 'item_category5',
  va: 'item_variant',
  cp: 'coupon',
  pr: 'price',
  qt: 'quantity',
  ds: 'discount',
  af: 'affiliation',
  ln: 'item_list_name',
  li: 'item_list_id',
  lp: 'index',
  lo: 'location_id',
  pi: 'promotion_id',
  pn: 'promotion_name',
  cn: 'creative_name',
  cs: 'creative_slot',
};
const itemNumbers = new Set(['price', 'quantity', 'discount', 'index']);

/**
 * `ep.name` is text, `epn.name` a number, `up.` and `upn.` the same of the user, `pr1` … the items. What else the tag says is
 * about itself and about advertising, and is not kept.
 */
export function readHit(hit: Parameters): Hit {
  const params: Record<string, JsonValue> = {};
  const userProperties: Record<string, JsonValue> = {};
  const items: JsonObject[] = [];
  let hasUserProperties = false;
  hit.each((key, raw) => {
    const name = transport.get(key);
    if (name !== undefined) {
      const value = unescaped(raw);
      params[name] = counted.has(name) ? (number(value) ?? value) : value;
      return;
    }
    const dot = key.indexOf('.');
    if (dot < 0) {
      if (key.startsWith('pr') && /^pr\d{1,3}$/.test(key)) items.push(itemOf(unescaped(raw)));
      return;
    }
    const kind = key.slice(0, dot);
    if (kind === 'ep' || kind === 'epn') params[key.slice(dot + 1)] = typed(kind, unescaped(raw));
    else if (kind === 'up' || kind === 'upn') {
      userProperties[key.slice(dot + 1)] = typed(kind, unescaped(raw));
      hasUserProperties = true;
    }
  });
  if (items.length > 0) params.items = items;
  return { params, userProperties: hasUserProperties ? userProperties : undefined };
}

function typed(kind: string, value: string): JsonValue {
  return kind.length === 3 ? (number(value) ?? value) : value;
}

/** `idsku~nmName~pr9.5~qt1~k0color~v0red`: two letters of name before each value; `k0` and `v0` are a parameter of its own. */
function itemOf(value: string): JsonObject {
  const item: Record<string, JsonValue> = {};
  const own = new Map<string, string>();
  for (const field of value.split('~')) {
    const code = field.slice(0, 2);
    const said = field.slice(2);
    const name = Object.hasOwn(itemNames, code) ? itemNames[code] : undefined;
    if (said === '') continue;
    if (name !== undefined) item[name] = itemNumbers.has(name) ? (number(said) ?? said) : said;
    else if (/^k[\dA-Z]$/.test(code)) own.set(code.slice(1), said);
    else if (/^v[\dA-Z]$/.test(code)) item[own.get(code.slice(1)) ?? code] = said;
  }
  return item;
}

/** Consent mode, `G1` with advertising and analytics: without analytics a visitor is counted, and not known again. */
export function consentOf(state: string | undefined): Consent | undefined {
  if (state === undefined || !state.startsWith('G1')) return undefined;
  return state[3] === '1' ? 'granted' : state[3] === '0' ? 'anonymous' : undefined;
}

export function campaignOfHit(hit: Parameters): CampaignFacts | undefined {
  const source = hit.get('cs');
  const medium = hit.get('cm');
  const name = hit.get('cn');
  const term = hit.get('ck');
  const content = hit.get('cc');
  return (source ?? medium ?? name ?? term ?? content) ? { source, medium, name, term, content } : undefined;
}

/** Client hints as gtag sends them on: `Chromium;142.0.1|Not)A;99`, percent-encoded once more. */
export function hintsOfHit(hit: Parameters): ClientHints | undefined {
  const list = hit.get('uafvl');
  const platform = hit.get('uap');
  const model = hit.get('uam');
  if (!list && !platform && !model) return undefined;
  const mobile = hit.get('uamb');
  return {
    brands: list ? brandsOf(list) : undefined,
    mobile: mobile === undefined ? undefined : mobile === '1',
    model,
    platform,
    platformVersion: hit.get('uapv'),
  };
}

let lastList = '';
let lastBrands: NonNullable<ClientHints['brands']> = [];

/** All hits of a page have the same list. */
function brandsOf(list: string): NonNullable<ClientHints['brands']> {
  if (list !== lastList) {
    lastList = list;
    lastBrands = list
      .split('|', 20)
      .map((one) => one.split(';', 2))
      .map(([brand = '', version = '']) => ({ brand: unescaped(brand), version }))
      .filter(({ brand }) => brand !== '');
  }
  return lastBrands;
}
