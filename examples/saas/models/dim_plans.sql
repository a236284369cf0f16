/* model
kind: dimension
description: Plans that are sold, with the price of a seat per month.
key: [project, plan]
surrogate: plan_key
*/
SELECT
  project,
  properties.plan::String AS plan,
  argMaxIf(round(revenue / toUInt32OrNull(properties.seats::String), 2), timestamp, currency = 'USD' AND revenue > 0) AS seat_price_usd,
  argMaxIf(round(revenue / toUInt32OrNull(properties.seats::String), 2), timestamp, currency = 'EUR' AND revenue > 0) AS seat_price_eur,
  argMaxIf(round(revenue / toUInt32OrNull(properties.seats::String), 2), timestamp, currency = 'GBP' AND revenue > 0) AS seat_price_gbp,
  countIf(revenue > 0) > 0 AS is_paid
FROM tributary.events
WHERE event IN ('Subscription Started', 'Invoice Paid', 'Trial Started', 'Trial Ended')
GROUP BY project, plan
