/* model
kind: fact
description: A visit of the site or the product, by people and not by bots.
grain: [project, session_id]
time: day
order: [project, day, session_id]
dimensions:
  user_key: { to: dim_users, from: [project, user_id], not_applicable: user_id = '' }
  channel_key: { to: dim_channels, from: [project, channel, source, medium, campaign] }
  country_key: { to: dim_country, from: country }
tests:
  - relationships: { column: channel_key, to: dim_channels }
*/
SELECT
  project,
  -- the day of its start: a session that an earlier event moves gets another id, and the one before disappears
  toDate(day_key) AS day,
  session_id,
  user_id,
  channel,
  if(source = '', '(none)', source) AS source,
  if(medium = '', '(none)', medium) AS medium,
  if(campaign = '', '(none)', campaign) AS campaign,
  country,
  device_type,
  started_at,
  dateDiff('second', started_at, ended_at) AS seconds,
  events,
  page_views,
  engaged_seconds,
  bounce AS is_bounce,
  entry_path,
  exit_path
FROM tributary.sessions FINAL
WHERE day_key >= {start:DateTime} AND day_key < {end:DateTime} AND bot_score < 50
