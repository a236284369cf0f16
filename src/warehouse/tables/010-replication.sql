-- How far each replicated database has been read; see src/replicate/state.ts.
CREATE TABLE IF NOT EXISTS tributary.replication (
  source String,
  key String,
  value String,
  version UInt64,
  at DateTime64(3) DEFAULT now64(3)
) ENGINE = ReplacingMergeTree(version)
ORDER BY (source, key)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60;
