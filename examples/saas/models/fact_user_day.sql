/* model
kind: fact
description: What a user did on a day (UTC).
grain: [project, day, user_id]
time: day
dimensions:
  user_key: { to: dim_users, from: [project, user_id] }
  account_key: { to: dim_accounts, from: [project, account_id] }
# a day is final a week after it is over: phones send what they did offline
settle: { after: 7 days }
tests:
  - relationships: { column: user_key, to: dim_users }
  - sql: SELECT * FROM this WHERE minutes > 1440
    name: a day has 1,440 minutes
*/
SELECT
  project,
  toDate(timestamp) AS day,
  user_id,
  argMax(account_id, timestamp) AS account_id,
  uniqExactIf(session_id, session_id != 0) AS logins,
  uniqExactIf(toStartOfMinute(timestamp), session_id != 0) AS minutes,
  count() AS events,
  countIf(event = 'Note Created') AS notes_created,
  countIf(event = 'Meeting Recorded') AS meetings_recorded,
  countIf(event = 'Invitation Sent') AS invitations_sent
FROM tributary.events
WHERE timestamp >= {start:DateTime} AND timestamp < {end:DateTime}
  AND user_id != '' AND bot_score < 50
GROUP BY project, day, user_id
