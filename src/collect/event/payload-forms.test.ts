import { describe, expect, it } from 'vitest';
import { parameter, payloadOf, rewriteWrapped, without } from './payload-forms.ts';

const event = { event: 'E', note: 'a+b c & d=é', ip: '203.0.113.77' };
const json = JSON.stringify(event);
const base64 = Buffer.from(json).toString('base64');
const form = (value: string) => `data=${encodeURIComponent(value)}`;

const forms: [string, string, string][] = [
  ['JSON', '', json],
  ['JSON after blanks and a byte order mark', '', `\ufeff\r\n ${json}`],
  ['a form with JSON', '', form(json)],
  ['a form with JSON, blanks as plus signs', '', form(json).replaceAll('%20', '+')],
  ['a form with base64', '', form(base64)],
  ['a form with base64 whose plus signs nobody escaped', '', `data=${base64}`],
  ['a form with other fields', '', `compression=base64&xdata=1&${form(base64)}&ver=1`],
  ['bare base64', '', base64],
  ['bare URL-safe base64', '', Buffer.from(json).toString('base64url')],
  ['a query with base64', `ip=1&${form(base64)}&_=1`, ''],
  ['a query with JSON', form(json), ''],
];

describe('forms', () => {
  it.each(forms)('%s', (_name, query, body) => {
    expect(payloadOf({ query, body: Buffer.from(body) })).toEqual({ json: event, broken: [] });
  });

  it('plus signs that a form made into spaces are base64 digits', () => {
    const odd = { event: '>>>???~~~' };
    const digits = Buffer.from(JSON.stringify(odd)).toString('base64');
    expect(digits).toContain('+');
    for (const body of [`data=${digits}`, `data=${digits.replaceAll('+', '%20')}`]) {
      expect(payloadOf({ query: '', body: Buffer.from(body) })).toMatchObject({ json: odd });
    }
  });

  it('lines of JSON are a list, and a broken one stands beside it', () => {
    const body = Buffer.from('{"a":1}\r\n\n{"a":\n{"a":2}\n');
    expect(payloadOf({ query: '', body })).toMatchObject({
      json: [{ a: 1 }, { a: 2 }],
      broken: [{ line: '{"a":', problem: { reason: 'not JSON' } }],
    });
  });

  it.each([
    ['nothing', '', '', 'empty body'],
    ['a query without data', 'a=1', '', 'empty body'],
    ['text', '', 'hello & goodbye', 'not JSON'],
    ['broken JSON', '', '{"a":\n1,}', 'not JSON'],
    ['base64 of something else', '', Buffer.from('hello').toString('base64'), 'not JSON'],
    ['a form with broken escapes', '', 'data=%7B%ZZ', 'not JSON'],
    ['a form with half a base64', '', `data=${base64.slice(0, 31)}`, 'not JSON'],
    ['bytes', '', Buffer.from([0xff, 0xfe, 0]).toString('latin1'), 'not JSON'],
  ])('%s is a problem and no exception', (_name, query, body, reason) => {
    expect(payloadOf({ query, body: Buffer.from(body) })).toMatchObject({ reason });
  });

  it.each([
    ['fields', `${'&data'.repeat(800_000)}`],
    ['base64', `${'A'.repeat(4_000_000)}!`],
    ['blanks', ' '.repeat(4_000_000)],
    ['escaped blanks', `data=${'+'.repeat(4_000_000)}`],
    ['lines', '{}\n'.repeat(300_000)],
  ])('megabytes of %s are gone through in linear time', (_name, body) => {
    expect(payloadOf({ query: '', body: Buffer.from(body) })).toBeDefined();
  });
});

describe('rewriting', () => {
  const hidden = (bytes: Buffer) => {
    const text = bytes.toString();
    const changed = text.replace('203.0.113.77', '203.0.113.0');
    return changed === text ? bytes : Buffer.from(changed);
  };

  it.each(forms)('%s is changed inside of its wrapping, and only there', (name, query, body) => {
    const sent = { query, body: Buffer.from(body) };
    const rewritten = rewriteWrapped(sent, hidden);
    if (name.startsWith('JSON')) expect(rewritten).toBe(sent);
    else expect(payloadOf(rewritten)).toMatchObject({ json: { ...event, ip: '203.0.113.0' } });
    expect(parameter(rewritten.query, '_')).toBe(parameter(query, '_'));
    expect(rewriteWrapped(rewritten, hidden)).toBe(rewritten);
  });
});

describe('parameters', () => {
  it.each([
    ['a=1&b=x%20y+z', 'b', 'x y z'],
    ['ab=1&b=2&b=3', 'b', '2'],
    ['b=', 'b', undefined],
    ['b', 'b', undefined],
    ['b=%ZZ', 'b', '%ZZ'],
    ['', 'b', undefined],
  ])('of %s, %s is %s', (query, name, value) => {
    expect(parameter(query, name)).toBe(value);
  });

  it('those named are taken out', () => {
    expect(without('a=1&token=x&b&token=y&c=', 'token', 'c')).toBe('a=1&b');
    expect(without('token=x', 'token')).toBe('');
  });
});
