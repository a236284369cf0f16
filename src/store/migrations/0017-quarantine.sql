-- Fixes for what is in quarantine, kept so that the next items can be mended as well; `causes` is JSON.
CREATE TABLE quarantine_fixes (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  transform TEXT,
  causes TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at INTEGER NOT NULL
) STRICT;
CREATE INDEX quarantine_fixes_of_project ON quarantine_fixes (project, made_at);

-- Replays and how far they are; `detail` is JSON.
CREATE TABLE quarantine_replays (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  state TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX quarantine_replays_of_project ON quarantine_replays (project, started_at);
CREATE INDEX quarantine_replays_running ON quarantine_replays (state);
