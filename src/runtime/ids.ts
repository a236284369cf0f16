import { hash, randomBytes } from 'node:crypto';

/** A secret of `bytes` random bytes in URL-safe base64, with a readable prefix: `wk_…`, `ak_…`. */
export function randomSecret(prefix: string, bytes = 18): string {
  return `${prefix}_${randomBytes(bytes).toString('base64url')}`;
}

/** SHA-256 in hex; how keys and tokens are kept at rest (they are random, so no salt is needed). */
export function sha256(text: string): string {
  return hash('sha256', text);
}

/**
 * The first 64 bits of MD5 over the parts, as an unsigned integer: ids of persons, sessions and accounts, the same in
 * every process and on every replay. Equals ClickHouse `halfMD5(concat(a, '\0', b, …))`.
 */
export function hash64(...parts: readonly string[]): bigint {
  return hash('md5', parts.join('\0'), 'buffer').readBigUInt64BE(0);
}
