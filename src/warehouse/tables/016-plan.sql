-- What the tracking plan says of an event, and how it does not fit: `property: what is wrong`, one a line. Texts and not LowCardinality: a project
-- without a plan pays nothing for them, and with one they repeat within an event's rows, which lie together.
ALTER TABLE tributary.events ADD COLUMN IF NOT EXISTS plan_status String CODEC(ZSTD(1)) AFTER items;
ALTER TABLE tributary.events ADD COLUMN IF NOT EXISTS plan_errors String CODEC(ZSTD(1)) AFTER plan_status;
