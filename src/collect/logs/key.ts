import type { IncomingHttpHeaders } from 'node:http';

/** Headers that log shippers can be told to send, where they cannot set Authorization. */
const plain = ['x-tributary-key', 'x-write-key', 'x-api-key', 'api-key'] as const;
const basic = /^(?:basic|apikey) +(\S{1,2000})$/i;

/**
 * The write key of a log shipper: as `Bearer KEY`, as user or as password of Basic, as id or key of Elasticsearch's `ApiKey`,
 * or in a header of its own.
 */
export function keyOfHeaders(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const bearer = /^bearer +(\S{1,500})$/i.exec(authorization)?.[1];
    const key = bearer ?? keyOfPair(basic.exec(authorization)?.[1]);
    if (key !== undefined) return key;
  }
  for (const name of plain) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** Of the two the one that looks like a key of ours; else the password, where the other is a mere user name. */
function keyOfPair(encoded: string | undefined): string | undefined {
  if (encoded === undefined || encoded.startsWith('wk_')) return encoded;
  const pair = Buffer.from(encoded, 'base64').toString();
  const colon = pair.indexOf(':');
  const user = colon < 0 ? pair : pair.slice(0, colon);
  const password = colon < 0 ? '' : pair.slice(colon + 1);
  if (user.startsWith('wk_') || password === '') return user === '' ? undefined : user;
  return password;
}
