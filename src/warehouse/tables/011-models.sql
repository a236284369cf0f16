-- mart_build: tables that are being built; mart_data: rows behind the views of models that are kept by key. Neither is for readers.
-- mart_state: what the models' tables were built from. Readable: `SELECT * FROM mart_state.runs ORDER BY started_at DESC`.
-- A table of `mart` names its build in its comment, and builds and intervals are kept by that name: when a new table is swapped in, what is
-- known about the old one is no longer looked at in the same instant.
CREATE DATABASE IF NOT EXISTS mart_build;
CREATE DATABASE IF NOT EXISTS mart_data;
CREATE DATABASE IF NOT EXISTS mart_state;

CREATE TABLE IF NOT EXISTS mart_state.builds (
  model String,
  build String,
  kind LowCardinality(String),
  query String CODEC(ZSTD(1)),
  shape String CODEC(ZSTD(1)),
  built_at DateTime64(3, 'UTC'),
  -- The last time the meaning of the rows changed: later than it is what children still have to take over.
  changed_at DateTime64(3, 'UTC')
) ENGINE = MergeTree
ORDER BY (model, build)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1;

-- The last time a build was brought up to date, what it had read of its sources then, and the nominal time it reaches to.
CREATE TABLE IF NOT EXISTS mart_state.refreshes (
  model String,
  build String,
  run String,
  refreshed_at DateTime64(3, 'UTC'),
  changed_at DateTime64(3, 'UTC'),
  through DateTime('UTC'),
  sources Map(String, String) CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(refreshed_at)
ORDER BY (model, build)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1;

-- Intervals that are done. arrivals: a fingerprint of the source rows of the interval; when it is another one, rows came since.
CREATE TABLE IF NOT EXISTS mart_state.intervals (
  model String,
  build String,
  interval_start DateTime('UTC') CODEC(Delta, ZSTD(1)),
  interval_end DateTime('UTC') CODEC(Delta, ZSTD(1)),
  run String CODEC(ZSTD(1)),
  built_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  changed_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  arrivals String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(built_at)
ORDER BY (model, build, interval_start)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS mart_state.runs (
  run String,
  model String,
  build String,
  action LowCardinality(String),
  reason String CODEC(ZSTD(1)),
  nominal_time DateTime('UTC'),
  started_at DateTime64(3, 'UTC'),
  finished_at DateTime64(3, 'UTC'),
  state LowCardinality(String),
  rows UInt64,
  error String CODEC(ZSTD(1))
) ENGINE = MergeTree
ORDER BY (model, started_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1;

-- Rows that a test found, as JSON; at most 50 of a test and run.
CREATE TABLE IF NOT EXISTS mart_state.test_failures (
  run String,
  model String,
  test String,
  severity LowCardinality(String),
  failed_at DateTime64(3, 'UTC'),
  failures UInt64,
  row String CODEC(ZSTD(1))
) ENGINE = MergeTree
ORDER BY (model, failed_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1;
