/* model
kind: dimension
description: Where visits come from, down to the campaign.
key: [project, channel, source, medium, campaign]
surrogate: channel_key
*/
SELECT DISTINCT
  project,
  channel,
  -- an empty part of a key would mean that it is not known
  if(source = '', '(none)', source) AS source,
  if(medium = '', '(none)', medium) AS medium,
  if(campaign = '', '(none)', campaign) AS campaign,
  medium IN ('cpc', 'paid-social', 'display') AS is_paid
FROM tributary.sessions
WHERE channel != '' AND started_at >= {start:DateTime}
