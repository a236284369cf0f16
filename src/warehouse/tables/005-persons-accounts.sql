-- Latest known traits: read with FINAL.
CREATE TABLE IF NOT EXISTS tributary.persons (
  project LowCardinality(String),
  person_key UInt64,
  person_id UInt64 ALIAS dictGetOrDefault('tributary.identity', 'person_key', person_key, person_key),
  user_id String CODEC(ZSTD(1)),
  anonymous_id String CODEC(ZSTD(1)),
  traits JSON(max_dynamic_paths = 128) CODEC(ZSTD(1)),
  first_seen DateTime64(3, 'UTC') CODEC(ZSTD(1)),
  last_seen DateTime64(3, 'UTC') CODEC(ZSTD(1)),
  version UInt64 CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version)
ORDER BY (project, person_key)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60;

CREATE TABLE IF NOT EXISTS tributary.accounts (
  project LowCardinality(String),
  account_id String,
  traits JSON(max_dynamic_paths = 128) CODEC(ZSTD(1)),
  first_seen DateTime64(3, 'UTC') CODEC(ZSTD(1)),
  last_seen DateTime64(3, 'UTC') CODEC(ZSTD(1)),
  version UInt64 CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version)
ORDER BY (project, account_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60;
