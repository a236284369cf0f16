/* model
kind: dimension
description: Customers, as they are now.
key: [project, account_id]
surrogate: account_key
fixed: [created_at]
tests:
  - accepted_values: { column: status, values: ['', trial, free, paying, cancelled] }
    severity: warn
*/
SELECT
  project,
  account_id,
  traits.name::String AS name,
  traits.website::String AS website,
  traits.industry::String AS industry,
  traits.size::String AS size,
  traits.plan::String AS plan,
  traits.status::String AS status,
  traits.currency::String AS currency,
  toUInt32OrZero(traits.seats::String) AS seats,
  coalesce(parseDateTime64BestEffortOrNull(traits.created_at::String, 3, 'UTC'), first_seen) AS created_at
FROM tributary.accounts FINAL
WHERE kind = 'company' AND last_seen >= {start:DateTime}
