import type { EventType } from '../../contract/event.ts';
import { type Fields, fieldsOf } from '../event/dollar-properties.ts';

/** Properties of PostHog's SDKs that are fields of the event. */
const always = [
  'token',
  'distinct_id',
  '$distinct_id',
  '$device_id',
  '$user_id',
  '$anon_distinct_id',
  '$is_identified',
  '$process_person_profile',
  '$session_id',
  '$insert_id',
  '$time',
  '$ignore_sent_at',
  '$lib',
  '$lib_version',
  '$is_server',
  '$geoip_disable',
  '$ip',
  '$cookieless_mode',
  '$groups',
  '$set',
  '$set_once',
  '$unset',
  '$current_url',
  '$referrer',
  '$raw_user_agent',
  '$browser_language',
  '$browser_language_prefix',
  '$locale',
  '$timezone',
  '$screen_width',
  '$screen_height',
  '$app_version',
  // What the SDK tells of its own state.
  '$config_defaults',
  '$configured_session_timeout_ms',
  '$initialization_time',
  '$lib_custom_api_host',
  '$lib_rate_limit_remaining_tokens',
  '$recording_status',
  '$sdk_dist_channel',
];
const ofPage = ['$host', '$pathname'];
const ofType: Readonly<Record<EventType, readonly string[]>> = {
  track: [],
  page: ['title'],
  screen: ['$screen_name'],
  identify: [],
  group: ['$group_type', '$group_key', '$group_set'],
  alias: ['alias'],
};

type Place = 'no page' | 'page' | 'page with campaign';

function table(type: EventType, place: Place): Fields {
  const more = place === 'no page' ? ofType[type] : [...ofPage, ...ofType[type]];
  return fieldsOf([...always, ...more], place !== 'page');
}

const tables = new Map(
  (Object.keys(ofType) as EventType[]).map((type) => [
    type,
    {
      'no page': table(type, 'no page'),
      page: table(type, 'page'),
      'page with campaign': table(type, 'page with campaign'),
    },
  ]),
);

/** The campaign stays a property where the page's address does not tell it: then it is of an earlier visit. */
export function ownFieldsOf(type: EventType, page: string | undefined): Fields {
  const place = page === undefined ? 'no page' : page.includes('utm_') ? 'page with campaign' : 'page';
  return tables.get(type)?.[place] ?? table(type, place);
}
