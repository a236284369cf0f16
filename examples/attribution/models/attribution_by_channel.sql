/* model
kind: view
description: Conversions and their value by channel and rule, a row each.
*/
SELECT
  project,
  day,
  rule,
  channel,
  source,
  campaign,
  currency,
  sum(share) AS conversions,
  sum(share * value) AS value
FROM mart.fact_attribution
ARRAY JOIN
  ['first touch', 'last touch', 'last non-direct', 'linear', 'position based', 'time decay'] AS rule,
  [first_touch, last_touch, last_non_direct, linear, position_based, time_decay] AS share
WHERE share > 0
GROUP BY project, day, rule, channel, source, campaign, currency
