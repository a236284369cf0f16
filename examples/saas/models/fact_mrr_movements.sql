/* model
kind: full
description: >
  Every change of a customer's monthly recurring revenue, from what billing says: subscriptions started, invoices
  paid, plans changed, subscriptions cancelled. "opening" is what customers from before the first event already paid.
grain: [project, account_id, at, movement]
tests:
  - accepted_values:
      column: movement
      values: [opening, new, expansion, contraction, churn, reactivation]
  - sql: SELECT * FROM this WHERE mrr_after != mrr_before + amount OR mrr_after < 0
    name: a movement leads from what it was to what it is
  - sql: SELECT project, account_id FROM this GROUP BY project, account_id HAVING uniqExact(currency) > 1
    name: a customer pays in one currency
    severity: warn
*/
WITH
  billing AS (
    SELECT
      project,
      account_id,
      timestamp AS at,
      event_id,
      currency,
      toDecimal64(toString(round(multiIf(
        event = 'Subscription Cancelled', 0,
        event = 'Plan Changed', properties.mrr_after::Float64,
        coalesce(revenue, 0)
      ), 2)), 2) AS mrr_after,
      -- what it was before, as the event itself says: for the first event that is known of a customer
      toDecimal64(toString(round(multiIf(
        event = 'Subscription Started', 0,
        event = 'Plan Changed', properties.mrr_before::Float64,
        event = 'Subscription Cancelled', properties.mrr::Float64,
        coalesce(revenue, 0)
      ), 2)), 2) AS mrr_said_before
    FROM tributary.events
    WHERE event IN ('Subscription Started', 'Invoice Paid', 'Plan Changed', 'Subscription Cancelled') AND account_id != ''
  ),
  numbered AS (
    SELECT
      *,
      row_number() OVER (PARTITION BY project, account_id ORDER BY at, event_id) AS number,
      lagInFrame(mrr_after) OVER (
        PARTITION BY project, account_id ORDER BY at, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS mrr_of_last_event,
      max(mrr_after) OVER (
        PARTITION BY project, account_id ORDER BY at, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS most_before,
      max(currency) OVER (PARTITION BY project, account_id) AS own_currency
    FROM billing
  ),
  steps AS (
    SELECT *, if(number = 1, mrr_said_before, mrr_of_last_event) AS mrr_before FROM numbered
  ),
  movements AS (
    SELECT project, account_id, at, own_currency, 'opening' AS movement, toDecimal64('0', 2) AS mrr_before, mrr_said_before AS mrr_after
    FROM steps WHERE number = 1 AND mrr_said_before > 0
    UNION ALL
    SELECT
      project,
      account_id,
      at,
      own_currency,
      multiIf(
        mrr_after = 0, 'churn',
        mrr_before = 0 AND number > 1 AND most_before > 0, 'reactivation',
        mrr_before = 0, 'new',
        mrr_after > mrr_before, 'expansion',
        'contraction'
      ) AS movement,
      mrr_before,
      mrr_after
    FROM steps WHERE mrr_after != mrr_before
  )
SELECT
  m.project AS project,
  m.account_id AS account_id,
  m.at AS at,
  toDate(m.at) AS day,
  m.movement AS movement,
  if(m.own_currency = '', coalesce(a.currency, ''), m.own_currency) AS currency,
  m.mrr_before AS mrr_before,
  m.mrr_after AS mrr_after,
  m.mrr_after - m.mrr_before AS amount
FROM movements AS m
LEFT JOIN mart.dim_accounts AS a ON a.project = m.project AND a.account_id = m.account_id
