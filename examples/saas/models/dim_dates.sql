/* model
kind: full
description: A row per day, 2015 to 2040, for grouping by weekday, week, month and quarter.
grain: date
*/
SELECT
  toDate('2015-01-01') + number AS date,
  toYear(date) AS year,
  toQuarter(date) AS quarter,
  toMonth(date) AS month,
  toStartOfMonth(date) AS month_start,
  toMonday(date) AS week_start,
  toISOWeek(date) AS iso_week,
  toDayOfMonth(date) AS day_of_month,
  toDayOfWeek(date) AS weekday,
  dateName('weekday', date) AS weekday_name,
  dateName('month', date) AS month_name,
  weekday >= 6 AS is_weekend,
  concat(toString(year), '-Q', toString(quarter)) AS year_quarter
FROM numbers(9497)
