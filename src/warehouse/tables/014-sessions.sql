-- The session as known today. A key that ends in 16 zero bits is of no session, and so is what the first dictionary answers for keys that need a look at
-- the time.
ALTER TABLE tributary.events ADD COLUMN IF NOT EXISTS session_id UInt64 ALIAS if(
  bitAnd(dictGetOrDefault('tributary.session_repair', 'session_id', session_key, session_key) AS repaired_session, 65535) != 0,
  repaired_session,
  dictGetOrDefault('tributary.session_range', 'session_id', session_key, toUnixTimestamp64Milli(timestamp), if(bitAnd(session_key, 65535) = 0, toUInt64(0), session_key))
) AFTER session_key;
ALTER TABLE tributary.logs ADD COLUMN IF NOT EXISTS session_id UInt64 ALIAS if(
  bitAnd(dictGetOrDefault('tributary.session_repair', 'session_id', session_key, session_key) AS repaired_session, 65535) != 0,
  repaired_session,
  dictGetOrDefault('tributary.session_range', 'session_id', session_key, intDiv(toUnixTimestamp64Micro(timestamp), 1000), if(bitAnd(session_key, 65535) = 0, toUInt64(0), session_key))
) AFTER session_key;
