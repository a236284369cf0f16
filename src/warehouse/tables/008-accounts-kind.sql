-- Accounts of several kinds (company, team, project). The kind comes last in the sort key: an account is looked up by its id, and only so can
-- the key of a table that has rows grow. Accounts of before are companies: their rows are written again as such, and the ones without a kind go.
ALTER TABLE tributary.accounts
  ADD COLUMN IF NOT EXISTS kind LowCardinality(String) AFTER project,
  MODIFY ORDER BY (project, account_id, kind);
INSERT INTO tributary.accounts (project, kind, account_id, traits, first_seen, last_seen, version)
  SELECT project, 'company', account_id, traits, first_seen, last_seen, version FROM tributary.accounts FINAL WHERE kind = '';
DELETE FROM tributary.accounts WHERE kind = '';
