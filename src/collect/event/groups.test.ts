import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../contract/event.ts';
import { accountOf, accountsOf } from './groups.ts';

describe('accounts', () => {
  it.each<[string, JsonValue | undefined, unknown]>([
    ['one kind', { project: 'p' }, { accountId: 'p', accountKind: 'project', groups: { project: 'p' } }],
    [
      'the paying one of several',
      { project: 'p', team: 't', company: 'c' },
      { accountId: 'c', accountKind: 'company', groups: { project: 'p', team: 't', company: 'c' } },
    ],
    [
      'the first where none is known',
      { zone: 'z', area: 'a' },
      { accountId: 'z', accountKind: 'zone', groups: { zone: 'z', area: 'a' } },
    ],
    ['numbers and lists', { org: [7, 8] }, { accountId: '7', accountKind: 'org', groups: { org: '7' } }],
    ['what names nothing', { a: '', b: null, c: {}, d: [], e: ' ', f: 'x'.repeat(600) }, {}],
    ['a list', ['company'], {}],
    ['nothing', undefined, {}],
  ])('%s', (_name, kinds, expected) => {
    expect(accountsOf(kinds)).toEqual(expected);
  });

  it('one account alone', () => {
    expect(accountOf('company', 'c')).toEqual({
      accountId: 'c',
      accountKind: 'company',
      groups: { company: 'c' },
    });
    expect(accountOf(undefined, 'c')).toEqual({});
    expect(accountOf('company', null)).toEqual({});
  });

  it('kinds without end are cut, and none changes a prototype', () => {
    const kinds = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`k${index}`, 'x']));
    expect(Object.keys(accountsOf(kinds).groups ?? {})).toHaveLength(20);
    expect(accountsOf(JSON.parse('{"__proto__":"x"}') as JsonValue)).toEqual({});
    expect(accountOf('__proto__', 'x')).toEqual({});
  });
});
