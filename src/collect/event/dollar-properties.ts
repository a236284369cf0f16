import type {
  CampaignFacts,
  DeviceFacts,
  JsonObject,
  JsonValue,
  ProfileChanges,
} from '../../contract/event.ts';
import { isObject, number, text } from './fields.ts';

// The properties that PostHog's and Mixpanel's SDKs write beside those of their user: `$os`, `$current_url`, `utm_source`, …

/** Which properties became fields of the event and are no properties any more. */
export interface Fields {
  readonly always: ReadonlySet<string>;
  /** Those that repeat what is known of the device or, with more of them, what the user agent says. */
  readonly ofDevice: ReadonlySet<string>;
  readonly ofAgent: ReadonlySet<string>;
}

const deviceFields = [
  '$os',
  '$os_name',
  '$os_version',
  '$device_type',
  '$device_manufacturer',
  '$device_model',
  '$manufacturer',
  '$model',
  '$brand',
];

/** `always` and, of an event without a page, the campaign, which then is a field too. */
export function fieldsOf(always: readonly string[], hasCampaign: boolean): Fields {
  return {
    always: new Set(hasCampaign ? [...always, ...campaignFields] : always),
    ofDevice: new Set(deviceFields),
    ofAgent: new Set([...deviceFields, '$browser', '$browser_version', '$device']),
  };
}

const campaignFields = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'];

/** Measurements that the SDK makes of itself. */
const ofSdk = '$sdk_debug_';
const dollar = 0x24;

/** What tells of the device: the user agent, else what the SDK states. */
export type Known = 'agent' | 'device' | 'neither';

export function knownBy(agent: string | undefined, device: DeviceFacts | undefined): Known {
  if (agent !== undefined) return 'agent';
  return device === undefined ? 'neither' : 'device';
}

/** What is left of the properties; null says the same as nothing, and browsers' SDKs write it two dozen times per event. */
export function ownProperties(
  properties: JsonObject,
  { always, ofDevice, ofAgent }: Fields,
  known: Known,
): JsonObject {
  const repeated = known === 'agent' ? ofAgent : known === 'device' ? ofDevice : undefined;
  const kept: Record<string, JsonValue> = {};
  for (const key in properties) {
    const value = properties[key];
    if (value === null || value === undefined || always.has(key)) continue;
    if (key.charCodeAt(0) === dollar && (repeated?.has(key) === true || key.startsWith(ofSdk))) continue;
    // Assigning to this name would set the prototype.
    if (key === '__proto__') Object.defineProperty(kept, key, { value, enumerable: true });
    else kept[key] = value;
  }
  return kept;
}

/** The address bar decides where there is one: these SDKs repeat the campaign of an earlier visit in every later event. */
export function campaignOf(properties: JsonObject, url: string | undefined): CampaignFacts | undefined {
  if (url !== undefined || (properties.utm_source === undefined && properties.utm_campaign === undefined)) {
    return undefined;
  }
  return {
    source: text(properties.utm_source),
    medium: text(properties.utm_medium),
    name: text(properties.utm_campaign),
    term: text(properties.utm_term),
    content: text(properties.utm_content),
  };
}

/** Undefined for an event without device, such as a server's. */
export function deviceOf(properties: JsonObject): DeviceFacts | undefined {
  const { $os, $os_version, $device_type, $manufacturer, $device_manufacturer, $model, $device_model } =
    properties;
  const os = text($os);
  const model = text($device_model) ?? text($model);
  const type = text($device_type);
  if (os === undefined && model === undefined && type === undefined) return undefined;
  return {
    type,
    brand: text($device_manufacturer) ?? text($manufacturer) ?? text(properties.$brand),
    model,
    os,
    osVersion: text($os_version),
  };
}

export function screenOf({ $screen_width, $screen_height }: JsonObject): string | undefined {
  const width = number($screen_width);
  const height = number($screen_height);
  return width && height && width > 0 && height > 0
    ? `${Math.round(width)}x${Math.round(height)}`
    : undefined;
}

/** `$direct` is how both call a visit without one. */
export function referrerOf(properties: JsonObject): string | undefined {
  const { $referrer } = properties;
  return $referrer === '$direct' ? undefined : text($referrer);
}

export function libraryOf(name: JsonValue | undefined, version: JsonValue | undefined): string | undefined {
  const [named, numbered] = [text(name), text(version)];
  return named === undefined || numbered === undefined ? named : `${named}/${numbered}`;
}

/** Operations on a profile, by the names that both use; undefined when there are none. */
export function changesOf(operations: JsonObject): ProfileChanges | undefined {
  const { $set, $set_once, $add, $append, $union, $remove, $unset } = operations;
  const changes: ProfileChanges = {
    delete: operations.$delete === undefined || operations.$delete === false ? undefined : true,
    set: objectOf($set),
    setOnce: objectOf(isObject($set_once) ? said($set_once) : undefined),
    add: isObject($add) ? numbersOf($add) : undefined,
    append: objectOf($append),
    union: isObject($union) ? listsOf($union) : undefined,
    remove: objectOf($remove),
    unset: namesOf($unset),
  };
  for (const key in changes) if (changes[key as keyof ProfileChanges] !== undefined) return changes;
  return undefined;
}

function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return isObject(value) && !isEmpty(value) ? value : undefined;
}

/** Nothing is no first value. */
function said(values: JsonObject): JsonObject {
  const kept: Record<string, JsonValue> = {};
  for (const key in values) {
    const value = values[key];
    if (value !== null && value !== undefined && key !== '__proto__') kept[key] = value;
  }
  return kept;
}

function isEmpty(value: JsonObject): boolean {
  for (const _ in value) return false;
  return true;
}

function numbersOf(value: JsonObject): Record<string, number> | undefined {
  const numbers = Object.entries(value).flatMap(([key, item]): [string, number][] => {
    const read = number(item);
    return read === undefined ? [] : [[key, read]];
  });
  return numbers.length === 0 ? undefined : Object.fromEntries(numbers);
}

function listsOf(value: JsonObject): Record<string, readonly JsonValue[]> | undefined {
  const lists = Object.entries(value).map(([key, item]): [string, readonly JsonValue[]] => [
    key,
    Array.isArray(item) ? (item as readonly JsonValue[]) : [item],
  ]);
  return lists.length === 0 ? undefined : Object.fromEntries(lists);
}

/** A list of names, one name, or an object with the names as keys. */
function namesOf(value: JsonValue | undefined): readonly string[] | undefined {
  const list: readonly JsonValue[] = Array.isArray(value)
    ? (value as readonly JsonValue[])
    : isObject(value)
      ? Object.keys(value)
      : typeof value === 'string'
        ? [value]
        : [];
  const names = list.filter((name) => typeof name === 'string' && name !== '');
  return names.length === 0 ? undefined : (names as readonly string[]);
}
