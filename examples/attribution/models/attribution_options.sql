/* model
kind: view
description: What attribution counts. Change a line here, and what is made of it is built anew.
*/
SELECT
  ['Subscription Started'] AS conversion_events,
  -- sessions that began longer before the conversion have no part in it
  30 AS lookback_days,
  -- time decay: after so many days a touch counts half
  7 AS half_life_days,
  -- position based: for the first and for the last touch; what is between shares the rest
  0.4 AS first_share,
  0.4 AS last_share
