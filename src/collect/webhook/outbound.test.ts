import { expect, test } from 'vitest';
import { isPublicAddress, publicOutbound } from './outbound.ts';

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '255.255.255.255',
  '239.1.1.1',
  '::1',
  '::',
  'fe80::1',
  'fd00::1',
  'ff02::1',
  '::ffff:10.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::a00:1',
  '2002:a00:1::',
  '2001:0:a00:1::',
])('%s is not a public address', (address) => expect(isPublicAddress(address)).toBe(false));

test.each(['8.8.8.8', '172.32.0.1', '52.94.236.248', '2600:1f18::1', '2a00:1450:4001::1'])(
  '%s is a public address',
  (address) => expect(isPublicAddress(address)).toBe(true),
);

test.each([
  'http://sns.amazonaws.com/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://[::1]/',
  'file:///etc/passwd',
])('%s is not asked', async (url) => {
  await expect(publicOutbound.get(url)).rejects.toThrow(/only https URLs with a host name/);
});

test('a name that leads to this machine is not asked', async () => {
  await expect(publicOutbound.get('https://localhost/')).rejects.toThrow(/public address/);
});
