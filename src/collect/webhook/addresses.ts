/**
 * Places in which senders of webhooks state the address of a person, beside the `ip` that is looked for everywhere: Postmark's
 * `IP`, SES's `ipAddress` and `sourceIp` (JSON in a string of JSON), and how others write it.
 */
const names = [
  'IP',
  'Ip',
  'ipAddress',
  'ip_address',
  'ipaddress',
  'IPAddress',
  'sourceIp',
  'source_ip',
  'clientIp',
  'client_ip',
  'remote_ip',
  'remoteIp',
  'customer_ip',
  'browser_ip',
  'ses:source-ip',
];
const marks = names.map((name) => Buffer.from(name));

/** The value may be the only one of a list; quotes inside of strings have backslashes before them. */
const stated = new RegExp(
  `(?<!\\\\)(\\\\{0,15}")(${names.join('|')})\\1(\\s{0,9}:\\s{0,9}\\[?\\s{0,9})\\1([^"\\\\]{0,100})\\1`,
  'g',
);

export function hideStatedAddresses(body: Buffer, hide: (address: string) => string): Buffer {
  if (!marks.some((mark) => body.includes(mark))) return body;
  // latin1 maps bytes to characters one to one, so whatever else the body holds comes back unchanged
  const text = body.toString('latin1');
  const hidden = text.replace(
    stated,
    (_all, quote: string, name: string, colon: string, value: string) =>
      `${quote}${name}${quote}${colon}${quote}${hide(value)}${quote}`,
  );
  return hidden === text ? body : Buffer.from(hidden, 'latin1');
}
