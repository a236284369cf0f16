/** What programs send when they have no id. Joining people by one of these would make one person of thousands. */
const blocked = new Set([
  '',
  '0',
  '-1',
  '1',
  'null',
  '(null)',
  'nil',
  'none',
  'undefined',
  'nan',
  'na',
  'n/a',
  'unknown',
  'anonymous',
  'anon',
  'guest',
  'test',
  'user',
  'userid',
  'user_id',
  'id',
  'email',
  'distinct_id',
  'anonymousid',
  'anonymous_id',
  'not_authenticated',
  'unauthenticated',
  'true',
  'false',
  '[object object]',
  '{}',
  '[]',
  '""',
  'default',
  '00000000-0000-0000-0000-000000000000',
]);

/** The longest of them but for the last, which begins with a zero. */
const longestWord = 17;

/** Neither blank at an end nor the one of zeros: most ids are, and need no lower-case copy. */
function isSolid(id: string): boolean {
  const first = id.charCodeAt(0);
  const last = id.charCodeAt(id.length - 1);
  return first > 0x30 && first < 0x80 && last > 0x20 && last < 0x80;
}

export function blockedId(id: string): boolean {
  if (id.length > 36 || (id.length > longestWord && isSolid(id))) return false;
  return blocked.has(id.trim().toLowerCase());
}
