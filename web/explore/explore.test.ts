import { expect, test } from 'vitest';
import { csvOf } from './csv.ts';
import { type AskedTrend, plotOf } from './plot.ts';

const asked: AskedTrend = {
  series: [{ event: 'page', filters: [], measure: { kind: 'count' } }],
  interval: 'day',
  breakdown: 'country',
  range: { from: '2026-11-20', to: '2026-11-21', timezone: 'UTC' },
};
const times = [Date.parse('2026-11-20T00:00:00Z'), Date.parse('2026-11-21T00:00:00Z')];

test('lines are named by their breakdown value, and by the event too when there are several', () => {
  const line = { series: 0, event: 'page', value: 'DE', points: [1, 2], total: 3 };
  const one = plotOf({ times, lines: [line], incomplete: false }, asked, ['Page view']);
  expect(one.lines.map(({ name }) => name)).toEqual(['Germany']);
  const two = plotOf(
    { times, lines: [line, { ...line, series: 1, value: '' }], incomplete: false },
    { ...asked, series: [...asked.series, ...asked.series] },
    ['Page view', 'Signed up'],
  );
  expect(two.lines.map(({ name }) => name)).toEqual(['Page view · Germany', 'Signed up · (none)']);
});

test('a table for spreadsheets quotes what needs it and defuses formulas', () => {
  const plot = plotOf(
    {
      times,
      lines: [
        { series: 0, event: 'a', value: 'say "hi", now', points: [1, 2.5], total: 3.5 },
        { series: 0, event: 'a', value: '=HYPERLINK("x")', points: [0, 4], total: 4 },
      ],
      incomplete: false,
    },
    { ...asked, breakdown: 'properties.title' },
    ['A'],
  );
  expect(csvOf(plot)).toBe(
    'time,period,"say ""hi"", now","\'=HYPERLINK(""x"")"\r\n' +
      '2026-11-20T00:00:00.000Z,"Fri, 20 Nov 2026",1,0\r\n' +
      '2026-11-21T00:00:00.000Z,"Sat, 21 Nov 2026",2.5,4\r\n',
  );
});
