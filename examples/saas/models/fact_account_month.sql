/* model
kind: fact
description: >
  A customer's month: who was active, what was paid, and the recurring revenue it began and ended with.
grain: [project, month, account_id]
time: month
interval: month
lookback: 31 days
dimensions:
  account_key: { to: dim_accounts, from: [project, account_id] }
tests:
  - sql: SELECT * FROM this WHERE active_days > active_users * 31
    name: a user has at most 31 active days in a month
*/
WITH
  months AS (
    SELECT toDate(addMonths(toStartOfMonth({start:DateTime}), number)) AS month
    FROM numbers(toUInt64(dateDiff('month', {start:DateTime}, {end:DateTime})))
  ),
  activity AS (
    SELECT
      project,
      toStartOfMonth(day) AS month,
      account_id,
      uniqExact(user_id) AS active_users,
      count() AS active_days,
      sum(logins) AS logins,
      sum(minutes) AS minutes,
      sum(notes_created) AS notes_created
    FROM mart.fact_user_day
    WHERE day >= toDate({start:DateTime}) AND day < toDate({end:DateTime}) AND account_id != ''
    GROUP BY project, month, account_id
  ),
  paid AS (
    SELECT project, toStartOfMonth(day) AS month, account_id, sum(amount) AS paid, count() AS payments
    FROM mart.fact_payments
    WHERE day >= toDate({start:DateTime}) AND day < toDate({end:DateTime}) AND account_id != ''
    GROUP BY project, month, account_id
  ),
  recurring AS (
    SELECT
      m.project AS project,
      c.month AS month,
      m.account_id AS account_id,
      any(m.currency) AS currency,
      -- what came from before the first event was there when the month began
      sumIf(m.amount, m.day < c.month OR m.movement = 'opening') AS mrr_opening,
      sum(m.amount) AS mrr_closing
    FROM months AS c
    INNER JOIN mart.fact_mrr_movements AS m ON m.day < addMonths(c.month, 1)
    GROUP BY project, month, account_id
    HAVING mrr_opening != 0 OR mrr_closing != 0
  ),
  keys AS (
    SELECT project, month, account_id FROM activity
    UNION DISTINCT SELECT project, month, account_id FROM paid
    UNION DISTINCT SELECT project, month, account_id FROM recurring
  )
SELECT
  k.project AS project,
  k.month AS month,
  k.account_id AS account_id,
  coalesce(a.active_users, 0) AS active_users,
  coalesce(a.active_days, 0) AS active_days,
  coalesce(a.logins, 0) AS logins,
  coalesce(a.minutes, 0) AS minutes,
  coalesce(a.notes_created, 0) AS notes_created,
  coalesce(p.payments, 0) AS payments,
  coalesce(p.paid, toDecimal64('0', 2)) AS paid,
  coalesce(r.currency, '') AS currency,
  coalesce(r.mrr_opening, toDecimal64('0', 2)) AS mrr_opening,
  coalesce(r.mrr_closing, toDecimal64('0', 2)) AS mrr_closing
FROM keys AS k
LEFT JOIN activity AS a ON a.project = k.project AND a.month = k.month AND a.account_id = k.account_id
LEFT JOIN paid AS p ON p.project = k.project AND p.month = k.month AND p.account_id = k.account_id
LEFT JOIN recurring AS r ON r.project = k.project AND r.month = k.month AND r.account_id = k.account_id
