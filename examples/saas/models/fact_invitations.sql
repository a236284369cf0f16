/* model
kind: fact
description: Invitations by the day and user that sent them, and how many of them were accepted since.
grain: [project, day, user_id]
time: day
dimensions:
  user_key: { to: dim_users, from: [project, user_id] }
# how many were sent is final after a week; who accepts takes longer
settle: { after: 7 days, recompute: accepted, for: 30 days }
tests:
  - sql: SELECT * FROM this WHERE accepted > sent
    name: no more are accepted than were sent
*/
SELECT
  project,
  toDate(timestamp) AS day,
  user_id,
  uniqExact(properties.invitation_id::String) AS sent,
  uniqExactIf(
    properties.invitation_id::String,
    (project, properties.invitation_id::String) IN (
      SELECT project, properties.invitation_id::String FROM tributary.events
      WHERE event = 'Invitation Accepted' AND timestamp >= {start:DateTime}
    )
  ) AS accepted
FROM tributary.events
WHERE event = 'Invitation Sent' AND timestamp >= {start:DateTime} AND timestamp < {end:DateTime} AND user_id != ''
GROUP BY project, day, user_id
