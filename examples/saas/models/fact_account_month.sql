/* model
kind: fact
description: >
  A customer's month: who was active, and what was paid.
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
    SELECT project, toStartOfMonth(day) AS month, account_id, any(currency) AS currency, sum(amount) AS paid, count() AS payments
    FROM mart.fact_payments
    WHERE day >= toDate({start:DateTime}) AND day < toDate({end:DateTime}) AND account_id != ''
    GROUP BY project, month, account_id
  ),
  keys AS (
    SELECT project, month, account_id FROM activity
    UNION DISTINCT SELECT project, month, account_id FROM paid
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
  coalesce(p.currency, '') AS currency
FROM keys AS k
LEFT JOIN activity AS a ON a.project = k.project AND a.month = k.month AND a.account_id = k.account_id
LEFT JOIN paid AS p ON p.project = k.project AND p.month = k.month AND p.account_id = k.account_id
