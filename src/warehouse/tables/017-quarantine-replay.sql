-- What failed can be sent again: what its request needs beside the payload, which replay brought it, and the cause by which it is grouped.
-- cause: the detail without what differs from one failure to the next (texts that somebody sent, ids, numbers). Few rows come here, so it costs
-- nothing to keep it; rows of before have it computed when they are read.
ALTER TABLE tributary.quarantine ADD COLUMN IF NOT EXISTS visitor String CODEC(ZSTD(1)) AFTER address;
ALTER TABLE tributary.quarantine ADD COLUMN IF NOT EXISTS envelope String CODEC(ZSTD(3)) AFTER payload_encoding;
ALTER TABLE tributary.quarantine ADD COLUMN IF NOT EXISTS replay LowCardinality(String);
ALTER TABLE tributary.quarantine ADD COLUMN IF NOT EXISTS origin_offset UInt64 CODEC(ZSTD(1));
ALTER TABLE tributary.quarantine ADD COLUMN IF NOT EXISTS origin_item UInt32 CODEC(ZSTD(1));
ALTER TABLE tributary.quarantine ADD COLUMN IF NOT EXISTS cause String DEFAULT leftUTF8(
  replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(leftUTF8(detail, 2000),
    '(?s), [^,]{0,5}".*is not valid JSON', ', … is not valid JSON'),
    '"[^"]{41,}"|"[^"]*[^A-Za-z_$. "-][^"]*"', '"…"'),
    '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}', '…'),
    '(^|[ (:=,])[0-9]+([.,:][0-9]+)*', '\\1#'), 300) CODEC(ZSTD(1)) AFTER detail;
ALTER TABLE tributary.quarantine ADD COLUMN IF NOT EXISTS cause_id UInt64 DEFAULT sipHash64(stage, reason, protocol, key_id, cause) CODEC(ZSTD(1)) AFTER cause;

-- What became of a row of quarantine later. A row that was replayed is never replayed again: replay_offset says by which record of the log it was.
CREATE TABLE IF NOT EXISTS tributary.quarantine_outcomes (
  project LowCardinality(String),
  log_offset UInt64 CODEC(Delta, ZSTD(1)),
  item UInt32,
  outcome LowCardinality(String),
  at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  replay LowCardinality(String),
  fix LowCardinality(String),
  by LowCardinality(String),
  replay_offset UInt64 CODEC(Delta, ZSTD(1))
) ENGINE = MergeTree
ORDER BY (project, log_offset, item)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60;
