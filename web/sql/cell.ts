/** A value of the warehouse as text for a table cell. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether values of this ClickHouse type are numbers, through Nullable and LowCardinality. */
export function isNumberType(type: string): boolean {
  const inner = /^(?:Nullable|LowCardinality)\((.*)\)$/.exec(type)?.[1];
  return inner === undefined ? /^(U?Int|Float|Decimal|BFloat)/.test(type) : isNumberType(inner);
}
