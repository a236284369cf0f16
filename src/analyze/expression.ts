import { columnInfo, propertyPrefix } from '../contract/columns.ts';
import { TributaryError } from '../runtime/errors.ts';
import { propertySql } from '../warehouse/warehouse.ts';
import { traitColumn } from './profile.ts';

/** What a chart may call a dimension: a column of events or of sessions, a property path, or a trait of the person or account. */
export interface Expression {
  /** SQL of type String or LowCardinality(String); '' when absent. */
  readonly text: string;
  /** SQL of a number; NULL when absent or not a number. */
  readonly number: string;
  readonly kind: 'text' | 'number';
  /** Has a column of its own in `tributary.sessions`. */
  readonly inSessions: boolean;
  /** Has no column in `tributary.events`: an event knows it only through its session. */
  readonly onlyInSessions: boolean;
}

/** Columns of sessions without a twin in events. */
export const sessionOnlyColumns: readonly string[] = ['entry_path', 'exit_path'];

export function expressionOf(name: string): Expression {
  const trait = traitColumn(name);
  if (trait !== undefined) {
    return {
      text: trait,
      number: `toFloat64OrNull(${trait})`,
      kind: 'text',
      inSessions: false,
      onlyInSessions: false,
    };
  }
  const column = columnInfo(name);
  if (column === undefined && !name.startsWith(propertyPrefix)) {
    throw new TributaryError(
      'bad-request',
      `"${name}" is neither a column nor a property (properties are written ${propertyPrefix}name, traits person.name, person_then.name, account.name or account_then.name)`,
    );
  }
  return {
    text: propertySql(name, 'text'),
    number: propertySql(name, 'number'),
    kind: column?.kind === 'number' ? 'number' : 'text',
    inSessions: column?.session === true,
    onlyInSessions: sessionOnlyColumns.includes(name),
  };
}
