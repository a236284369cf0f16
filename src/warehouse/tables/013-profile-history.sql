-- What every event changed about persons and accounts: the newest row of a trait at or before an instant is what it was then. Rows are of the id that
-- the event was of; `person_id` is who that is today, so that a merge brings the history along and an undo takes it back.
CREATE TABLE IF NOT EXISTS tributary.profile_history (
  project LowCardinality(String),
  kind LowCardinality(String),
  key UInt64,
  person_id UInt64 ALIAS dictGetOrDefault('tributary.identity', 'person_key', key, key),
  id String CODEC(ZSTD(1)),
  trait LowCardinality(String),
  operation LowCardinality(String),
  operand String CODEC(ZSTD(1)),
  value String CODEC(ZSTD(1)),
  timestamp DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  version UInt64 CODEC(Delta, ZSTD(1))
) ENGINE = MergeTree
ORDER BY (project, kind, trait, key, id, timestamp)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60;

-- Profiles of before there was a history: what they hold now, since they were first seen.
INSERT INTO tributary.profile_history (project, kind, key, id, trait, operation, operand, value, timestamp, version)
  SELECT project, 'person', person_key, if(user_id != '', user_id, anonymous_id), entry.1, 'known', '', entry.2, first_seen, 0
  FROM tributary.persons FINAL ARRAY JOIN JSONExtractKeysAndValuesRaw(toString(traits)) AS entry;
INSERT INTO tributary.profile_history (project, kind, key, id, trait, operation, operand, value, timestamp, version)
  SELECT project, kind, 0, account_id, entry.1, 'known', '', entry.2, first_seen, 0
  FROM tributary.accounts FINAL ARRAY JOIN JSONExtractKeysAndValuesRaw(toString(traits)) AS entry;
