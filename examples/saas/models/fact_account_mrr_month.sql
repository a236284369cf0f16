/* model
kind: full
description: >
  The recurring revenue that a customer began and ended each month with. Made as a whole, since a change that comes
  late is a change of every month after it.
grain: [project, month, account_id]
tests:
  - sql: SELECT * FROM this WHERE mrr_opening < 0 OR mrr_closing < 0
    name: nobody pays less than nothing
*/
WITH customers AS (
  SELECT project, account_id, any(currency) AS currency, toStartOfMonth(min(day)) AS first_month
  FROM mart.fact_mrr_movements
  GROUP BY project, account_id
),
months AS (
  SELECT
    project,
    account_id,
    currency,
    addMonths(first_month, arrayJoin(range(toUInt64(greatest(0, dateDiff('month', first_month, toDate({now:DateTime})) + 1))))) AS month
  FROM customers
)
SELECT
  c.project AS project,
  c.month AS month,
  c.account_id AS account_id,
  any(c.currency) AS currency,
  -- what came from before the first event was there when the month began
  sumIf(m.amount, m.day < c.month OR (m.movement = 'opening' AND m.day < addMonths(c.month, 1))) AS mrr_opening,
  sumIf(m.amount, m.day < addMonths(c.month, 1)) AS mrr_closing
FROM months AS c
INNER JOIN mart.fact_mrr_movements AS m ON m.project = c.project AND m.account_id = c.account_id
GROUP BY project, month, account_id
HAVING mrr_opening != 0 OR mrr_closing != 0
