import { columnInfo, propertyPrefix } from '../contract/columns.ts';
import { TributaryError } from '../runtime/errors.ts';
import { propertySql } from './property-stand-in.ts';

/** What a chart may call a dimension: a column of events or of sessions, or a property path. */
export interface Expression {
  /** SQL of type String or LowCardinality(String); '' when absent. */
  readonly text: string;
  /** SQL of type Nullable(Float64); NULL when absent or not a number. */
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
  if (name.startsWith(propertyPrefix)) {
    return {
      text: propertySql(name, 'text'),
      number: propertySql(name, 'number'),
      kind: 'text',
      inSessions: false,
      onlyInSessions: false,
    };
  }
  const column = columnInfo(name);
  if (column === undefined) {
    throw new TributaryError(
      'bad-request',
      `"${name}" is neither a column nor a property (properties are written ${propertyPrefix}name)`,
    );
  }
  const isNumber = column.kind === 'number';
  return {
    text: isNumber ? `ifNull(toString(${name}), '')` : name,
    number: isNumber ? `toFloat64(${name})` : `toFloat64OrNull(toString(${name}))`,
    kind: isNumber ? 'number' : 'text',
    inSessions: column.session === true,
    onlyInSessions: sessionOnlyColumns.includes(name),
  };
}
