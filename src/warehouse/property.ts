import { columnInfo, propertyPrefix } from '../contract/columns.ts';

const quoteName = (name: string): string => `\`${name.replace(/[\\`]/g, '\\$&')}\``;

/**
 * The one SQL expression for a column of `tributary.events` or for a path in `properties`, safe to put into a query whatever the name is.
 * Text: '' where absent. Number: NULL where absent or not a number. A nested path is one quoted name (`cart.total`), as the JSON type has it.
 */
export function propertySql(name: string, kind: 'text' | 'number'): string {
  const column = columnInfo(name);
  if (column) {
    const isNumber = column.kind === 'number';
    if (kind === 'number') return isNumber ? column.name : `toFloat64OrNull(${column.name})`;
    return isNumber ? `ifNull(toString(${column.name}), '')` : column.name;
  }
  const path = propertyPath(name.startsWith(propertyPrefix) ? name.slice(propertyPrefix.length) : name);
  return kind === 'number' ? `accurateCastOrNull(${path}, 'Float64')` : `${path}::String`;
}

/** The property as it is, of whatever type. */
export function propertyPath(name: string): string {
  return `properties.${quoteName(name)}`;
}
