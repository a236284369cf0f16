/* model
kind: fact
description: A touch on the way to a conversion, with its share of it by six rules. Of each rule the shares of a conversion add up to 1.
grain: [project, conversion_id, touch]
time: day
settle: { after: 7 days }
tests:
  - sql: >
      SELECT conversion_id FROM this GROUP BY project, conversion_id
      HAVING abs(sum(first_touch) - 1) + abs(sum(last_touch) - 1) + abs(sum(last_non_direct) - 1)
        + abs(sum(linear) - 1) + abs(sum(position_based) - 1) + abs(sum(time_decay) - 1) > 0.000001
    name: the shares of a conversion add up to 1
*/
WITH
  (SELECT any(conversion_events) FROM mart.attribution_options) AS conversion_events,
  assumeNotNull((SELECT any(lookback_days) FROM mart.attribution_options)) AS lookback_days,
  assumeNotNull((SELECT any(half_life_days) FROM mart.attribution_options)) AS half_life_days,
  assumeNotNull((SELECT any(first_share) FROM mart.attribution_options)) AS first_share,
  assumeNotNull((SELECT any(last_share) FROM mart.attribution_options)) AS last_share,
  conversions AS (
    SELECT project, event_id, event, person_id, timestamp AS converted_at, ifNull(revenue, 0) AS value, currency
    FROM tributary.events
    WHERE has(conversion_events, event) AND bot_score < 50 AND person_id != 0
      AND timestamp >= {start:DateTime} AND timestamp < {end:DateTime}
  ),
  touches AS (
    SELECT project, person_id, session_id, started_at, channel, source, medium, campaign
    FROM tributary.sessions FINAL
    WHERE bot_score < 50 AND started_at >= {start:DateTime} - toIntervalDay(lookback_days) AND started_at < {end:DateTime}
  ),
  found AS (
    SELECT
      conversions.project AS project,
      event_id,
      event,
      conversions.person_id AS person_id,
      converted_at,
      value,
      currency,
      arraySort(groupArrayIf(
        (
          assumeNotNull(started_at), assumeNotNull(session_id), assumeNotNull(channel),
          assumeNotNull(source), assumeNotNull(medium), assumeNotNull(campaign)
        ),
        ifNull(started_at <= converted_at AND started_at >= converted_at - toIntervalDay(lookback_days), 0)
      )) AS visits
    FROM conversions LEFT JOIN touches ON touches.project = conversions.project AND touches.person_id = conversions.person_id
    GROUP BY project, event_id, event, person_id, converted_at, value, currency
  ),
  paths AS (
    SELECT
      *,
      -- a conversion that no session led to is somebody's, too: nobody knows whose
      if(empty(visits), [(converted_at, toUInt64(0), 'Unknown', '', '', '')], visits) AS path,
      length(path) AS touches,
      arrayLastIndex(visit -> visit.3 NOT IN ('', 'Direct'), path) AS named,
      arrayMap(visit -> exp2(-dateDiff('second', visit.1, converted_at) / 86400 / half_life_days), path) AS weights,
      arraySum(weights) AS weight
    FROM found
  )
SELECT
  project,
  toDate(converted_at) AS day,
  event_id AS conversion_id,
  event AS conversion,
  person_id,
  converted_at,
  value,
  currency,
  touch,
  touches,
  path[touch].1 AS touched_at,
  path[touch].2 AS session_id,
  path[touch].3 AS channel,
  path[touch].4 AS source,
  path[touch].5 AS medium,
  path[touch].6 AS campaign,
  toFloat64(touch = 1) AS first_touch,
  toFloat64(touch = touches) AS last_touch,
  toFloat64(touch = if(named = 0, touches, named)) AS last_non_direct,
  1 / touches AS linear,
  multiIf(
    touches = 1, 1,
    touches = 2, if(touch = 1, first_share, last_share) / (first_share + last_share),
    touch = 1, first_share,
    touch = touches, last_share,
    (1 - first_share - last_share) / (touches - 2)
  ) AS position_based,
  weights[touch] / weight AS time_decay
FROM paths ARRAY JOIN arrayEnumerate(path) AS touch
