-- What a write key is for, and what its owner set for it; lists are JSON.
ALTER TABLE keys ADD COLUMN door TEXT NOT NULL DEFAULT 'tracker';
ALTER TABLE keys ADD COLUMN origins TEXT NOT NULL DEFAULT '[]';
ALTER TABLE keys ADD COLUMN events TEXT NOT NULL DEFAULT '[]';
ALTER TABLE keys ADD COLUMN requests_per_second INTEGER;
-- Encrypted; see secret-box.ts.
ALTER TABLE keys ADD COLUMN secret TEXT;
ALTER TABLE keys ADD COLUMN mapping TEXT;
-- A revoked write key stays: what it sent before may still wait in the log for its mapping.
ALTER TABLE keys ADD COLUMN revoked_at INTEGER;

-- Values of write keys from before a rotation, which work until then.
CREATE TABLE previous_values (
  value TEXT PRIMARY KEY,
  key_id TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
  valid_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX previous_values_of_key ON previous_values (key_id);
