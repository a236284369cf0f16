import type { EventType } from '../../contract/event.ts';
import { type Fields, fieldsOf } from '../event/dollar-properties.ts';

/** Properties of Mixpanel's SDKs that are fields of the event. */
const always = [
  'token',
  'distinct_id',
  '$device_id',
  '$user_id',
  '$anon_id',
  '$anon_distinct_id',
  '$identified_id',
  '$insert_id',
  '$session_id',
  'time',
  'ip',
  '$ip',
  'mp_lib',
  '$lib_version',
  'mp_sent_by_lib_version',
  '$current_url',
  '$referrer',
  '$user_agent',
  '$locale',
  '$language',
  '$timezone',
  '$screen_width',
  '$screen_height',
  '$app_version',
  '$app_version_string',
];
/** On a page view the parts of the address once more. */
const ofPageView = [
  'current_page_title',
  'current_domain',
  'current_url_path',
  'current_url_protocol',
  'current_url_search',
  'mp_page',
  'mp_referrer',
];
const ofAlias = ['alias', '$distinct_ids'];

function table(type: EventType, hasCampaign: boolean): Fields {
  return fieldsOf(
    [...always, ...(type === 'page' ? ofPageView : type === 'alias' ? ofAlias : [])],
    hasCampaign,
  );
}

const tables = new Map(
  (['track', 'page', 'identify', 'alias'] as const).map((type) => [
    type as EventType,
    { campaign: table(type, true), page: table(type, false) },
  ]),
);

/** The campaign stays a property where the page's address does not tell it: then it is of an earlier visit. */
export function ownFieldsOf(type: EventType, page: string | undefined): Fields {
  const place = page === undefined || page.includes('utm_') ? 'campaign' : 'page';
  return tables.get(type)?.[place] ?? table(type, place === 'campaign');
}
