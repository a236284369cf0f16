import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/** Compares texts of any length in a time that says nothing about where they differ. */
export function sameText(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'));
}

type Digest = 'sha256' | 'sha1';

export function hmac(
  digest: Digest,
  secret: string | Buffer,
  ...parts: readonly (string | Buffer)[]
): Buffer {
  const sum = createHmac(digest, secret);
  for (const part of parts) sum.update(part);
  return sum.digest();
}

/** Whether `given` is this signature in hexadecimal, in either case. */
export function isHex(signature: Buffer, given: string): boolean {
  return sameText(signature.toString('hex'), given.toLowerCase());
}
