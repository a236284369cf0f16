/* model
kind: fact
description: Money that came in, to the cent, in the currency it was paid in.
grain: [project, payment_id]
time: day
order: [project, day, payment_id]
lookback: 30 days
dimensions:
  account_key: { to: dim_accounts, from: [project, account_id] }
  plan_key: { to: dim_plans, from: [project, plan], not_applicable: plan = '' }
tests:
  - sql: SELECT * FROM this WHERE currency = ''
    name: a payment has a currency
    severity: warn
*/
SELECT
  project,
  toDate(timestamp) AS day,
  event_id AS payment_id,
  timestamp AS paid_at,
  event,
  account_id,
  properties.plan::String AS plan,
  properties.invoice_id::String AS invoice_id,
  currency,
  -- by way of text: a Float64 that is cut to two digits would lose cents
  toDecimal64(toString(round(revenue, 2)), 2) AS amount
FROM tributary.events
WHERE revenue > 0 AND timestamp >= {start:DateTime} AND timestamp < {end:DateTime}
