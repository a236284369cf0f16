import { createHmac } from 'node:crypto';

/**
 * Who a visitor without an id of their own is, for as long as the salt lives: the same address and user agent in the same
 * project give the same 22 characters. Without the salt nobody can find out the address by trying all of them.
 */
export function visitorHash(salt: Uint8Array, project: string, address: string, userAgent: string): string {
  return createHmac('sha256', salt)
    .update(`${project}\0${address}\0${userAgent}`)
    .digest()
    .toString('base64url', 0, 16);
}
