/**
 * SQL of today's person of a person key: what the column `person_id` does, for keys that were grouped before (far fewer
 * lookups than rows).
 */
export function personOf(key: string): string {
  return `dictGetOrDefault('tributary.identity', 'person_key', ${key}, ${key})`;
}
