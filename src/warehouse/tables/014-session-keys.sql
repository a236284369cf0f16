-- Sessions that can be repaired: events store what was known when they came (session_key); `session_id` looks up what became known since.
--
-- session_repairs: events with that key and a time between the two (inclusive) belong to that session. Few: only sessions that late events moved,
-- joined or split.
CREATE TABLE IF NOT EXISTS tributary.session_repairs (
  project LowCardinality(String),
  session_key UInt64,
  from_time DateTime64(3, 'UTC'),
  to_time DateTime64(3, 'UTC'),
  session_id UInt64,
  is_deleted UInt8,
  version UInt64
) ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (session_key, from_time)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60;

-- Keys of which all events belong to one other session, which is nearly every repair; 0 for those that need a look at the time. Two dictionaries, since
-- a lookup by time takes ten times the memory (380 bytes per key) and four times as long.
CREATE DICTIONARY IF NOT EXISTS tributary.session_repair (
  session_key UInt64,
  session_id UInt64
)
PRIMARY KEY session_key
SOURCE(CLICKHOUSE(
  QUERY 'SELECT session_key, if(count() = 1 AND any(toUnixTimestamp64Milli(from_time)) = 0 AND bitAnd(any(session_id), 65535) != 0, any(session_id), 0) AS session_id FROM tributary.session_repairs FINAL WHERE bitAnd(session_key, 65535) != 0 GROUP BY session_key'
  INVALIDATE_QUERY 'SELECT max(max_block_number) FROM system.parts WHERE database = \'tributary\' AND table = \'session_repairs\' AND active'
))
LAYOUT(HASHED())
LIFETIME(MIN 1 MAX 3);

-- Of ranges that overlap the one that begins last holds.
CREATE DICTIONARY IF NOT EXISTS tributary.session_range (
  session_key UInt64,
  from_ms Int64,
  to_ms Int64,
  session_id UInt64
)
PRIMARY KEY session_key
SOURCE(CLICKHOUSE(
  QUERY 'SELECT session_key, toUnixTimestamp64Milli(from_time) AS from_ms, toUnixTimestamp64Milli(to_time) AS to_ms, session_id FROM tributary.session_repairs FINAL WHERE session_key IN (SELECT session_key FROM tributary.session_repairs FINAL GROUP BY session_key HAVING count() > 1 OR any(toUnixTimestamp64Milli(from_time)) != 0 OR bitAnd(session_key, 65535) = 0 OR bitAnd(any(session_id), 65535) = 0)'
  INVALIDATE_QUERY 'SELECT max(max_block_number) FROM system.parts WHERE database = \'tributary\' AND table = \'session_repairs\' AND active'
))
LAYOUT(RANGE_HASHED(range_lookup_strategy 'max'))
RANGE(MIN from_ms MAX to_ms)
LIFETIME(MIN 1 MAX 3);

-- Sessions that turn out to be parts of others disappear: a row that says is_deleted replaces theirs, and FINAL leaves it out. An engine cannot be changed,
-- so the rows go into a new table.
DROP TABLE IF EXISTS tributary.sessions_before;
CREATE TABLE IF NOT EXISTS tributary.sessions_next (
  project LowCardinality(String),
  session_id UInt64 CODEC(ZSTD(1)),
  client_session_id String CODEC(ZSTD(1)),
  person_key UInt64 CODEC(ZSTD(1)),
  person_id UInt64 ALIAS dictGetOrDefault('tributary.identity', 'person_key', person_key, person_key),
  user_id String CODEC(ZSTD(1)),
  day_key DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  started_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  ended_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  duration Float64 ALIAS dateDiff('millisecond', started_at, ended_at) / 1000,
  engaged_seconds Float64 CODEC(ZSTD(1)),
  events UInt32 CODEC(ZSTD(1)),
  page_views UInt32 CODEC(ZSTD(1)),
  bounce UInt8 ALIAS page_views <= 1 AND dateDiff('millisecond', started_at, ended_at) < 10000 AND engaged_seconds < 10,
  entry_path String CODEC(ZSTD(1)),
  exit_path String CODEC(ZSTD(1)),
  host LowCardinality(String),
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
  bot_score UInt8 CODEC(ZSTD(1)),
  revenue Float64 CODEC(ZSTD(1)),
  is_deleted UInt8 CODEC(ZSTD(1)),
  version UInt64 CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(day_key)
ORDER BY (project, toDate(day_key), session_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60;
INSERT INTO tributary.sessions_next (project, session_id, person_key, user_id, day_key, started_at, ended_at, events, page_views, entry_path, exit_path,
  host, referrer, channel, source, medium, campaign, term, content, country, region, city, device_type, device_brand, device_model, os, os_version,
  browser, browser_version, language, timezone, screen, app_version, bot_score, revenue, version)
SELECT project, session_id, person_key, user_id, day_key, started_at, ended_at, events, page_views, entry_path, exit_path,
  host, referrer, channel, source, medium, campaign, term, content, country, region, city, device_type, device_brand, device_model, os, os_version,
  browser, browser_version, language, timezone, screen, app_version, bot_score, revenue, version
FROM tributary.sessions FINAL
SETTINGS max_partitions_per_insert_block = 0;
RENAME TABLE tributary.sessions TO tributary.sessions_before, tributary.sessions_next TO tributary.sessions;
DROP TABLE IF EXISTS tributary.sessions_before;

-- Ids that end in 16 zero bits now mean "no session was open". One of 65,536 ids of before does, by chance: these stay what they are.
INSERT INTO tributary.session_repairs (project, session_key, from_time, to_time, session_id, is_deleted, version)
SELECT project, session_id, fromUnixTimestamp64Milli(0, 'UTC'), toDateTime64('2100-01-01', 3, 'UTC'), session_id, 0, 0
FROM tributary.sessions FINAL WHERE bitAnd(session_id, 65535) = 0;

-- Last, and the alias in a file of its own: only so can each be repeated.
ALTER TABLE tributary.logs RENAME COLUMN IF EXISTS session_id TO session_key;
ALTER TABLE tributary.events RENAME COLUMN IF EXISTS session_id TO session_key;
