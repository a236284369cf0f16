-- Edges of the identity graph: from this key on, count as that person. A later version of an alias replaces the earlier one.
CREATE TABLE IF NOT EXISTS tributary.identities (
  project LowCardinality(String),
  alias_key UInt64,
  alias_id String CODEC(ZSTD(1)),
  person_key UInt64,
  user_id String CODEC(ZSTD(1)),
  reason LowCardinality(String),
  linked_at DateTime64(3, 'UTC'),
  version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (project, alias_key)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60;

-- Keyed by the alias alone, since a key is a hash that has the project in it: a lookup in a simple hash table costs a third of one by two columns.
-- The loader reloads it after it has written identities; the lifetime is for a server where somebody else writes.
CREATE DICTIONARY IF NOT EXISTS tributary.identity (
  alias_key UInt64,
  person_key UInt64
)
PRIMARY KEY alias_key
SOURCE(CLICKHOUSE(
  QUERY 'SELECT alias_key, argMax(person_key, version) AS person_key FROM tributary.identities GROUP BY alias_key'
  INVALIDATE_QUERY 'SELECT max(max_block_number) FROM system.parts WHERE database = \'tributary\' AND table = \'identities\' AND active'
))
LAYOUT(HASHED())
LIFETIME(MIN 1 MAX 3);
