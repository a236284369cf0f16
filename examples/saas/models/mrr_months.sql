/* model
kind: view
description: >
  The recurring revenue of each month and currency: what it began with, what came and went, what it ended with; net and
  gross revenue retention of the customers that the month began with, and how many of them left.
tests:
  - unique: [project, month, currency]
  - sql: SELECT * FROM this WHERE opening + new + expansion + contraction + churn + reactivation != closing
    name: the movements lead from opening to closing
*/
WITH
  balances AS (
    SELECT
      project,
      month,
      currency,
      sum(mrr_opening) AS opening,
      sum(mrr_closing) AS closing,
      countIf(mrr_opening > 0) AS customers_opening,
      countIf(mrr_closing > 0) AS customers_closing,
      countIf(mrr_opening > 0 AND mrr_closing = 0) AS customers_lost,
      sumIf(mrr_closing, mrr_opening > 0) AS kept,
      sumIf(least(mrr_opening, mrr_closing), mrr_opening > 0) AS kept_without_growth
    FROM mart.fact_account_mrr_month
    GROUP BY project, month, currency
  ),
  changes AS (
    SELECT
      project,
      toStartOfMonth(day) AS month,
      currency,
      sumIf(amount, movement = 'new') AS new,
      sumIf(amount, movement = 'expansion') AS expansion,
      sumIf(amount, movement = 'contraction') AS contraction,
      sumIf(amount, movement = 'churn') AS churn,
      sumIf(amount, movement = 'reactivation') AS reactivation
    FROM mart.fact_mrr_movements
    GROUP BY project, month, currency
  )
SELECT
  b.project AS project,
  b.month AS month,
  b.currency AS currency,
  b.opening AS opening,
  coalesce(c.new, toDecimal128('0', 2)) AS new,
  coalesce(c.expansion, toDecimal128('0', 2)) AS expansion,
  coalesce(c.contraction, toDecimal128('0', 2)) AS contraction,
  coalesce(c.churn, toDecimal128('0', 2)) AS churn,
  coalesce(c.reactivation, toDecimal128('0', 2)) AS reactivation,
  b.closing AS closing,
  b.customers_opening AS customers_opening,
  b.customers_closing AS customers_closing,
  b.customers_lost AS customers_lost,
  if(b.opening > 0, round(toFloat64(b.kept) / toFloat64(b.opening), 4), NULL) AS net_revenue_retention,
  if(b.opening > 0, round(toFloat64(b.kept_without_growth) / toFloat64(b.opening), 4), NULL) AS gross_revenue_retention
FROM balances AS b
LEFT JOIN changes AS c ON c.project = b.project AND c.month = b.month AND c.currency = b.currency
