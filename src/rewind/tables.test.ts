import { expect, test } from 'vitest';
import { columnsOf, tableNames, treatmentOf } from './tables.ts';

test('what becomes of every table is decided, and each has the columns that the decision needs', () => {
  const kinds = Object.fromEntries(tableNames.map((table) => [table, treatmentOf(table).kind]));
  expect(kinds).toMatchObject({
    events: 'offsets',
    logs: 'offsets',
    quarantine: 'offsets',
    quarantine_outcomes: 'offsets',
    sessions: 'sessions',
    session_repairs: 'repairs',
    ledger: 'minutes',
    persons: 'latest',
    identities: 'latest',
  });
  for (const table of tableNames) {
    expect(columnsOf(table), table).toContain('project');
    if (kinds[table] === 'sessions' || kinds[table] === 'repairs')
      expect(columnsOf(table)).toContain('version');
  }
});
