-- What could not be decoded, enriched or loaded, with the original bytes (base64 when they are not UTF-8).
CREATE TABLE IF NOT EXISTS tributary.quarantine (
  project LowCardinality(String),
  received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  log_offset UInt64 CODEC(Delta, ZSTD(1)),
  item UInt32,
  protocol LowCardinality(String),
  stage LowCardinality(String),
  reason LowCardinality(String),
  detail String CODEC(ZSTD(1)),
  payload String CODEC(ZSTD(3)),
  payload_encoding LowCardinality(String),
  method LowCardinality(String),
  path String CODEC(ZSTD(1)),
  query String CODEC(ZSTD(1)),
  headers String CODEC(ZSTD(1)),
  address String CODEC(ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (project, received_at, log_offset, item)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60;

-- Counts per hop; always read with sum(count), since parts that are not merged yet hold several rows of one key.
CREATE TABLE IF NOT EXISTS tributary.ledger (
  project LowCardinality(String),
  minute DateTime('UTC'),
  protocol LowCardinality(String),
  hop LowCardinality(String),
  reason LowCardinality(String),
  count UInt64
) ENGINE = SummingMergeTree(count)
PARTITION BY toYYYYMM(minute)
ORDER BY (project, minute, protocol, hop, reason)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60;
