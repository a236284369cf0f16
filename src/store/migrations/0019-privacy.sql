-- Keys of a project's pseudonyms, and of the hashes by which erased ids are known; encrypted, see secret-box.ts.
CREATE TABLE privacy_keys (
  project TEXT NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ('pseudonym', 'erasure')),
  id INTEGER NOT NULL,
  secret TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (project, purpose, id)
) STRICT, WITHOUT ROWID;

-- Erasures of persons. `target`: the ids that are to be erased, encrypted; gone when it is done. `report`: JSON without any of them.
CREATE TABLE erasures (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  by TEXT NOT NULL,
  rearrival TEXT NOT NULL CHECK (rearrival IN ('drop', 'anew')),
  target TEXT,
  report TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX erasures_of_project ON erasures (project, created_at);

-- Ids whose records are dropped: from one offset of the log on, and up to another where that is not for ever.
CREATE TABLE erased (
  project TEXT NOT NULL,
  hash TEXT NOT NULL,
  erasure TEXT NOT NULL,
  from_offset INTEGER NOT NULL,
  to_offset INTEGER,
  PRIMARY KEY (project, hash, erasure)
) STRICT, WITHOUT ROWID;
