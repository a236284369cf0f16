/** Stand-in until the warehouse exports the real one. */
export function propertySql(name: string, kind: 'text' | 'number'): string {
  const path = name.replace(/^properties\./, '').split('.').map((key) => `'${key.replace(/[\\']/g, '\\$&')}'`).join(', ');
  const text = `JSONExtractRaw(properties, ${path})`;
  return kind === 'number' ? `toFloat64OrNull(trim(BOTH '"' FROM ${text}))` : `if(startsWith(${text}, '"'), JSONExtractString(properties, ${path}), if(${text} = 'null', '', ${text}))`;
}
