-- Edges that can be undone: alias → target is what was joined, person_key the person at the end of all edges, which the loader writes anew for every
-- alias whose person changes. So a lookup is one step however long the chain is, and an edge that is removed is an entry less in the dictionary.
ALTER TABLE tributary.identities ADD COLUMN IF NOT EXISTS alias_kind LowCardinality(String)
  DEFAULT if(alias_key = halfMD5(concat(project, '\0u\0', alias_id)), 'user', 'anonymous') AFTER alias_key;
ALTER TABLE tributary.identities ADD COLUMN IF NOT EXISTS target_key UInt64 DEFAULT person_key AFTER alias_id;
ALTER TABLE tributary.identities ADD COLUMN IF NOT EXISTS target_kind LowCardinality(String) DEFAULT 'user' AFTER target_key;
ALTER TABLE tributary.identities ADD COLUMN IF NOT EXISTS target_id String DEFAULT user_id CODEC(ZSTD(1)) AFTER target_kind;
ALTER TABLE tributary.identities ADD COLUMN IF NOT EXISTS by LowCardinality(String) AFTER linked_at;
ALTER TABLE tributary.identities ADD COLUMN IF NOT EXISTS removed UInt8 AFTER by;

-- Edges of before pointed to the person of their day. Each pass follows every chain twice as far, so that three end those of eight.
ALTER TABLE tributary.identities MATERIALIZE COLUMN target_key SETTINGS mutations_sync = 2;
SYSTEM RELOAD DICTIONARY tributary.identity;
ALTER TABLE tributary.identities UPDATE person_key = dictGet('tributary.identity', 'person_key', person_key)
  WHERE dictHas('tributary.identity', person_key) SETTINGS mutations_sync = 2;
SYSTEM RELOAD DICTIONARY tributary.identity;
ALTER TABLE tributary.identities UPDATE person_key = dictGet('tributary.identity', 'person_key', person_key)
  WHERE dictHas('tributary.identity', person_key) SETTINGS mutations_sync = 2;
SYSTEM RELOAD DICTIONARY tributary.identity;
ALTER TABLE tributary.identities UPDATE person_key = dictGet('tributary.identity', 'person_key', person_key)
  WHERE dictHas('tributary.identity', person_key) SETTINGS mutations_sync = 2;

CREATE OR REPLACE DICTIONARY tributary.identity (
  alias_key UInt64,
  person_key UInt64
)
PRIMARY KEY alias_key
SOURCE(CLICKHOUSE(
  QUERY 'SELECT alias_key, argMax(person_key, version) AS person_key FROM tributary.identities GROUP BY alias_key HAVING argMax(removed, version) = 0'
  INVALIDATE_QUERY 'SELECT max(max_block_number) FROM system.parts WHERE database = \'tributary\' AND table = \'identities\' AND active'
))
LAYOUT(HASHED())
LIFETIME(MIN 1 MAX 3);

-- Everything that ever happened to an edge, who did it and why.
CREATE TABLE IF NOT EXISTS tributary.identity_history (
  project LowCardinality(String),
  at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  action LowCardinality(String),
  alias_key UInt64,
  alias_kind LowCardinality(String),
  alias_id String CODEC(ZSTD(1)),
  target_key UInt64,
  target_kind LowCardinality(String),
  target_id String CODEC(ZSTD(1)),
  reason LowCardinality(String),
  by LowCardinality(String),
  note String CODEC(ZSTD(1)),
  version UInt64
) ENGINE = MergeTree
ORDER BY (project, at)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 60;
