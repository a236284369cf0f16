/* model
kind: dimension
description: People who signed up, as they are now, with how they first came.
key: [project, user_id]
surrogate: user_key
# how somebody came does not change when they come again
fixed: [signed_up_at, first_channel, first_source, first_campaign, first_country]
tests:
  - not_null: [signed_up_at]
*/
WITH
  people AS (
    SELECT
      project,
      user_id,
      argMax(traits.name::String, last_seen) AS name,
      argMax(traits.email::String, last_seen) AS email,
      argMax(traits.role::String, last_seen) AS role,
      argMax(traits.company::String, last_seen) AS company,
      argMax(traits.plan::String, last_seen) AS plan,
      min(coalesce(parseDateTime64BestEffortOrNull(traits.created_at::String, 3, 'UTC'), first_seen)) AS signed_up_at
    FROM tributary.persons FINAL
    WHERE user_id != '' AND last_seen >= {start:DateTime}
    GROUP BY project, user_id
  ),
  -- whoever is new has come lately; of the others the first values are kept
  visits AS (
    SELECT
      project,
      user_id,
      argMin(channel, started_at) AS first_channel,
      argMin(source, started_at) AS first_source,
      argMin(campaign, started_at) AS first_campaign,
      argMin(country, started_at) AS first_country
    FROM tributary.sessions FINAL
    WHERE user_id != '' AND day_key >= toDateTime64({start:DateTime}, 3, 'UTC') - INTERVAL 30 DAY
    GROUP BY project, user_id
  )
SELECT
  project,
  user_id,
  name,
  -- the address itself stays where it is: whom to write to is no question of a chart
  domain(concat('https://', splitByChar('@', email)[2])) AS email_domain,
  role,
  company,
  plan,
  signed_up_at,
  coalesce(first_channel, '') AS first_channel,
  coalesce(first_source, '') AS first_source,
  coalesce(first_campaign, '') AS first_campaign,
  coalesce(first_country, '') AS first_country
FROM people
LEFT JOIN visits USING (project, user_id)
