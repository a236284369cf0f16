import type { Finding } from '../../source.ts';
import type { SourceFile } from '../../source-file.ts';
import { type CatalogTable, isLeftOut, maskOf } from './catalog.ts';

/** Words in the names of columns that hold what belongs to a person or opens a door, and what is usually done with them. */
const personal: readonly (readonly [words: RegExp, rule: string])[] = [
  [/pass(word|wd|phrase)|secret|api_?key|access_?token|refresh_?token|private_?key|otp|pin_?code$/i, 'drop'],
  [/e_?mail/i, 'domain'],
  [/phone|mobile|fax|ssn|social_?sec|passport|iban|card_?number|tax_?(id|number)|ip_?addr/i, 'hash'],
  [/first_?name|last_?name|full_?name|surname|birth|street|address/i, 'hash'],
];
const most = 20;

/** Columns that one would rather not copy as they are: by their names, and large ones by their types. */
export function suggestions(file: SourceFile, tables: readonly CatalogTable[]): Finding[] {
  const lines = tables.flatMap((table) =>
    table.columns.flatMap(({ name }) => {
      if (isLeftOut(file, table, name) || maskOf(file, table, name)) return [];
      const rule = personal.find(([words]) => words.test(name))?.[1];
      return rule ? [`${table.name}.${name}: ${rule}`] : [];
    }),
  );
  const bytes = tables.flatMap((table) =>
    table.columns
      .filter(({ type, name }) => type === 17 && !isLeftOut(file, table, name))
      .map(({ name }) => `${table.name}.${name}`),
  );
  const found: Finding[] = [];
  if (lines.length > 0)
    found.push({
      verdict: 'warn',
      about: 'Personal?',
      says: `by their names, these columns hold what belongs to persons: ${listOf(lines)}`,
      remedy: 'mask them in the file under mask, as proposed or otherwise',
    });
  if (bytes.length > 0)
    found.push({
      verdict: 'warn',
      about: 'Large?',
      says: `these columns hold bytes: ${listOf(bytes)}`,
      remedy: 'list them under columns.exclude when nobody will analyse them',
    });
  return found;
}

function listOf(items: readonly string[]): string {
  const rest = items.length - most;
  return items.slice(0, most).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
