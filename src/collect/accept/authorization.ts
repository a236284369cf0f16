/** The user of `Basic base64(user:password)`: where most clients put a write key. */
export function basicUser(header: string | undefined): string | undefined {
  if (header === undefined || !/^basic /i.test(header)) return undefined;
  const pair = Buffer.from(header.slice(6), 'base64').toString();
  const colon = pair.indexOf(':');
  const user = colon < 0 ? pair : pair.slice(0, colon);
  return user === '' ? undefined : user;
}

export function bearer(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^bearer +(\S{1,500})$/i.exec(header)?.[1];
}
