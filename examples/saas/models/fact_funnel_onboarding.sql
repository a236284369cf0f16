/* model
kind: fact
description: >
  How far a new user has come: a row per sign-up, with the time of each step that was done within 30 days.
grain: [project, user_id]
time: day
dimensions:
  user_key: { to: dim_users, from: [project, user_id] }
  account_key: { to: dim_accounts, from: [project, account_id] }
settle:
  after: 7 days
  recompute: [connected_calendar_at, invited_team_at, first_note_at, shared_note_at, subscribed_at, steps_done]
  for: 31 days
tests:
  - accepted_values: { column: steps_done, values: [0, 1, 2, 3, 4] }
*/
WITH
  signups AS (
    SELECT
      project,
      user_id,
      min(timestamp) AS signed_up_at,
      argMin(account_id, timestamp) AS account_id,
      argMin(properties.method::String, timestamp) AS method
    FROM tributary.events
    WHERE event IN ('Signed Up', 'Invitation Accepted') AND user_id != ''
      AND timestamp >= {start:DateTime} AND timestamp < {end:DateTime}
    GROUP BY project, user_id
  ),
  steps AS (
    SELECT project, user_id, account_id, event, properties.name::String AS step, timestamp
    FROM tributary.events
    WHERE event IN ('Onboarding Step Completed', 'Subscription Started')
      AND timestamp >= {start:DateTime} AND timestamp < {end:DateTime} + INTERVAL 30 DAY
  ),
  -- the subscription is the account's: whoever signed it counts for everybody in it
  subscriptions AS (
    SELECT project, account_id, min(timestamp) AS subscribed_at
    FROM steps WHERE event = 'Subscription Started' AND account_id != ''
    GROUP BY project, account_id
  ),
  done AS (
    SELECT
      project,
      user_id,
      minIfOrNull(timestamp, step = 'connect_calendar') AS connected_calendar_at,
      minIfOrNull(timestamp, step = 'invite_team') AS invited_team_at,
      minIfOrNull(timestamp, step = 'first_note') AS first_note_at,
      minIfOrNull(timestamp, step = 'share_note') AS shared_note_at
    FROM steps WHERE event = 'Onboarding Step Completed'
    GROUP BY project, user_id
  )
SELECT
  s.project AS project,
  toDate(s.signed_up_at) AS day,
  s.user_id AS user_id,
  s.account_id AS account_id,
  s.signed_up_at AS signed_up_at,
  if(s.method = '', 'invitation', s.method) AS method,
  d.connected_calendar_at AS connected_calendar_at,
  d.invited_team_at AS invited_team_at,
  d.first_note_at AS first_note_at,
  d.shared_note_at AS shared_note_at,
  b.subscribed_at AS subscribed_at,
  toUInt8(isNotNull(d.connected_calendar_at)) + isNotNull(d.invited_team_at)
    + isNotNull(d.first_note_at) + isNotNull(d.shared_note_at) AS steps_done
FROM signups AS s
LEFT JOIN done AS d ON d.project = s.project AND d.user_id = s.user_id
LEFT JOIN subscriptions AS b ON b.project = s.project AND b.account_id = s.account_id
