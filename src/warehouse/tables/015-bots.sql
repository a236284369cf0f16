-- bot_layers: the scores of the layers, a byte for each (contract/bots.ts), so that a policy can leave out layers of the past. Mostly 0, which is stored
-- sparsely; an insert leaves it out when no row has any. Rows of versions before have one score, which was of the agent mostly.
ALTER TABLE tributary.events ADD COLUMN IF NOT EXISTS bot_layers UInt64 DEFAULT toUInt64(bot_score) CODEC(ZSTD(1)) AFTER bot_reason;
ALTER TABLE tributary.events ADD COLUMN IF NOT EXISTS bot_scores Map(String, UInt8) ALIAS mapFilter((layer, score) -> score > 0, map(
  'agent', toUInt8(bitAnd(bot_layers, 255)),
  'contradiction', toUInt8(bitAnd(bitShiftRight(bot_layers, 8), 255)),
  'network', toUInt8(bitAnd(bitShiftRight(bot_layers, 16), 255)),
  'rate', toUInt8(bitAnd(bitShiftRight(bot_layers, 24), 255)),
  'behaviour', toUInt8(bitAnd(bitShiftRight(bot_layers, 32), 255))
)) AFTER bot_layers;
ALTER TABLE tributary.sessions ADD COLUMN IF NOT EXISTS bot_layers UInt64 DEFAULT toUInt64(bot_score) CODEC(ZSTD(1)) AFTER bot_score;
-- What the visitors said during the session, a bit for each: 1 nothing, 2 denied, 4 anonymous, 8 granted.
ALTER TABLE tributary.sessions ADD COLUMN IF NOT EXISTS consents UInt8 DEFAULT 1 CODEC(ZSTD(1)) AFTER bot_layers;
