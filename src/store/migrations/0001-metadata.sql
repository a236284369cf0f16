CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  timezone TEXT NOT NULL,
  demo INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  -- The row stays, so that the id is never given out again: late records of the log still carry it.
  deleted_at INTEGER
) STRICT;

CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL REFERENCES projects (id),
  kind TEXT NOT NULL CHECK (kind IN ('write', 'api')),
  name TEXT NOT NULL,
  role TEXT CHECK (role IN ('viewer', 'editor', 'admin')),
  -- What a presented key is found by: a write key itself, the SHA-256 of an API key.
  lookup TEXT NOT NULL,
  shown TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  UNIQUE (kind, lookup)
) STRICT;
CREATE INDEX keys_of_project ON keys (project);

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  -- Lower case.
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
  -- NULL until the user sets one; see password.ts for the format.
  password TEXT,
  created_at INTEGER NOT NULL,
  last_sign_in_at INTEGER
) STRICT;

CREATE TABLE sessions (
  -- SHA-256 of the token in the cookie.
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE links (
  -- SHA-256 of the token in the link; the row goes when the link is used.
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX links_of_user ON links (user_id);

CREATE TABLE heartbeats (
  role TEXT NOT NULL,
  instance TEXT NOT NULL,
  at INTEGER NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (role, instance)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
