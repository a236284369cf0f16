-- Every choice here was measured: docs/decisions/storage.md has the numbers, bench/storage.ts makes them again.
--
-- Sort key: event first, since a chart asks for a few events and then reads nothing else; person next, since the facts about a person
--   repeat and compress, and a funnel meets each person's events together. No day in it: partitions are months and parts know their times, and
--   without it runs of one person are longer (67 bytes per event instead of 82, trends and funnels in 2/3 of the time).
-- properties: JSON costs twice the CPU of a text at insert (3.6 microseconds more per event), and reads one property 3 to 4 times as fast
--   from 30 % fewer bytes; a property is written once and read by every chart after that.
-- event_id: a random UUID is 122 bits that nothing compresses: 18.7 bytes as text, 16 as UUID; but clients send other texts too.
-- by_offset, by_received: what is new (Live, the ledger, confirmation of duplicates) lies in few granules.
CREATE TABLE IF NOT EXISTS tributary.events (
  project LowCardinality(String),
  event_id String CODEC(ZSTD(1)),
  type LowCardinality(String),
  event LowCardinality(String),
  timestamp DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  log_offset UInt64 CODEC(Delta, ZSTD(1)),
  user_id String CODEC(ZSTD(1)),
  anonymous_id String CODEC(ZSTD(1)),
  person_key UInt64 CODEC(ZSTD(1)),
  -- Who that is today: an anonymous visitor who has signed up since counts as the user.
  person_id UInt64 ALIAS dictGetOrDefault('tributary.identity', 'person_key', person_key, person_key),
  account_id String CODEC(ZSTD(1)),
  session_id UInt64 CODEC(ZSTD(1)),
  client_session_id String CODEC(ZSTD(1)),
  url String CODEC(ZSTD(1)),
  host LowCardinality(String),
  path String CODEC(ZSTD(1)),
  title String CODEC(ZSTD(1)),
  referrer String CODEC(ZSTD(1)),
  channel LowCardinality(String),
  source LowCardinality(String),
  medium LowCardinality(String),
  campaign LowCardinality(String),
  term LowCardinality(String),
  content LowCardinality(String),
  country LowCardinality(String),
  region LowCardinality(String),
  city LowCardinality(String),
  device_type LowCardinality(String),
  device_brand LowCardinality(String),
  device_model LowCardinality(String),
  os LowCardinality(String),
  os_version LowCardinality(String),
  browser LowCardinality(String),
  browser_version LowCardinality(String),
  language LowCardinality(String),
  timezone LowCardinality(String),
  screen LowCardinality(String),
  app_version LowCardinality(String),
  library LowCardinality(String),
  protocol LowCardinality(String),
  bot_score UInt8 CODEC(ZSTD(1)),
  bot_reason LowCardinality(String),
  revenue Nullable(Float64) CODEC(ZSTD(1)),
  currency LowCardinality(String),
  properties JSON(max_dynamic_paths = 128) CODEC(ZSTD(1)),
  INDEX by_offset log_offset TYPE minmax GRANULARITY 1,
  INDEX by_received received_at TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (project, event, person_key, timestamp)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60;
