import { describe, expect, test } from 'vitest';
import { enriched } from '../items.fixture.ts';
import { pageStep } from './page.ts';

describe('page fields of a URL', () => {
  test.each([
    ['https://www.Notes.example:443/a/b?x=1', 'https://www.notes.example/a/b?x=1', 'notes.example', '/a/b'],
    ['https://notes.example', 'https://notes.example/', 'notes.example', '/'],
    ['http://localhost:3000/app', 'http://localhost:3000/app', 'localhost', '/app'],
    ['localhost:3000/app', 'http://localhost:3000/app', 'localhost', '/app'],
    ['notes.example/pricing', 'https://notes.example/pricing', 'notes.example', '/pricing'],
    ['//notes.example/x', 'https://notes.example/x', 'notes.example', '/x'],
    ['/pricing?a=b', '/pricing?a=b', '', '/pricing'],
    [
      'https://n.example/?utm_source=x&q=1&gclid=abc&UTM_Medium=cpc',
      'https://n.example/?q=1',
      'n.example',
      '/',
    ],
    ['https://n.example/?utm_source=x', 'https://n.example/', 'n.example', '/'],
    ['https://n.example/?q=a%20b+c&fbclid=1', 'https://n.example/?q=a%20b+c', 'n.example', '/'],
    ['https://user:secret@n.example/', 'https://n.example/', 'n.example', '/'],
    ['https://n.example/a#section', 'https://n.example/a', 'n.example', '/a'],
    ['https://n.example/a#/route', 'https://n.example/a#/route', 'n.example', '/a'],
    ['file:///C:/x.html', 'file:///C:/x.html', '', '/C:/x.html'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/', 'xn--bcher-kva.example', '/'],
    ['not a url', 'not a url', '', ''],
    ['https://', 'https://', '', ''],
    ['', '', '', ''],
    ['https://n.example/?utm_source=%E0%A4%A', 'https://n.example/', 'n.example', '/'],
  ])('%s', (url, expected, host, path) => {
    const { row } = enriched([pageStep], { url });
    expect([row.url, row.host, row.path]).toEqual([expected, host, path]);
  });

  test('lengths are bounded', () => {
    const { row } = enriched([pageStep], {
      url: `https://n.example/${'a'.repeat(100_000)}?${'b'.repeat(9)}`,
      title: 't'.repeat(9_999),
    });
    expect([row.url.length, row.path.length, row.title.length]).toEqual([2_048, 1_024, 512]);
  });

  test('an event without a page has none', () => {
    const { row, page } = enriched([pageStep], {});
    expect([row.url, row.host, row.path, page]).toEqual(['', '', '', undefined]);
  });
});
