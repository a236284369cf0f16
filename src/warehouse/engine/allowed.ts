/** Everything the read-only user may name besides functions; what is not here is refused. */
const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean));

export const allowedDatabases = words(
  'default tributary app app_raw app_history mart mart_state raw information_schema',
);

/** What BI tools read to draw a schema; none of it shows other people's queries, paths or secrets. */
export const allowedSystemTables = words(`
  aggregate_function_combinators collations columns contributors data_skipping_indices data_type_families databases
  formats functions keywords licenses numbers numbers_mt one projections settings table_engines table_functions tables
  time_zones zeros zeros_mt
`);

export const allowedTableFunctions = words(
  'generateseries generate_series null numbers numbers_mt primes values view zeros zeros_mt',
);

/** Nodes of the syntax tree, as EXPLAIN AST names them. */
export const allowedNodes = words(`
  ArrayJoin Asterisk Collation ColumnsApplyTransformer ColumnsExceptTransformer ColumnsListMatcher ColumnsRegexpMatcher
  ColumnsReplaceTransformer ColumnsReplaceTransformer::Replacement ColumnsTransformerList DescribeQuery
  ExistsDatabaseQuery ExistsDictionaryQuery ExistsTableQuery ExistsViewQuery Explain ExpressionList Function Identifier
  InterpolateElement Literal OrderByElement QualifiedAsterisk QualifiedColumnsListMatcher QualifiedColumnsRegexpMatcher
  SampleRatio SelectIntersectExceptQuery SelectQuery SelectWithUnionQuery Set ShowColumns ShowCreateDatabaseQuery
  ShowCreateDictionaryQuery ShowCreateTableQuery ShowCreateViewQuery ShowFunctions ShowTables Subquery TableExpression
  TableIdentifier TableJoin TablesInSelectQuery TablesInSelectQueryElement WindowDefinition WindowListElement WithElement
`);

export const allowedStatements = words(`
  DescribeQuery ExistsDatabaseQuery ExistsDictionaryQuery ExistsTableQuery ExistsViewQuery Explain SelectWithUnionQuery
  ShowColumns ShowCreateDatabaseQuery ShowCreateDictionaryQuery ShowCreateTableQuery ShowCreateViewQuery ShowFunctions
  ShowTables
`);

/** The others read a template or schema from a file. */
export const allowedFormats = words(`
  Arrow ArrowStream Avro BSONEachRow CSV CSVWithNames CSVWithNamesAndTypes Hash HTML JSON JSONColumns
  JSONColumnsWithMetadata JSONCompact JSONCompactColumns JSONCompactEachRow JSONCompactEachRowWithNames
  JSONCompactEachRowWithNamesAndTypes JSONCompactStrings JSONCompactStringsEachRow
  JSONCompactStringsEachRowWithNames JSONCompactStringsEachRowWithNamesAndTypes JSONEachRow JSONLines JSONObjectEachRow
  JSONStrings JSONStringsEachRow LineAsString Markdown MsgPack NDJSON Native Null Npy ORC Parquet Pretty PrettyCompact
  PrettyCompactMonoBlock PrettyCompactNoEscapes PrettyCompactNoEscapesMonoBlock PrettyJSONEachRow PrettyJSONLines
  PrettyMonoBlock PrettyNDJSON PrettyNoEscapes PrettyNoEscapesMonoBlock PrettySpace PrettySpaceMonoBlock
  PrettySpaceNoEscapes PrettySpaceNoEscapesMonoBlock Raw RawBLOB RowBinary RowBinaryWithNames RowBinaryWithNamesAndTypes
  SQLInsert TSKV TSV TSVRaw TSVRawWithNames TSVRawWithNamesAndTypes TSVWithNames TSVWithNamesAndTypes TabSeparated
  TabSeparatedRaw TabSeparatedRawWithNames TabSeparatedRawWithNamesAndTypes TabSeparatedWithNames
  TabSeparatedWithNamesAndTypes Values Vertical XML
`);

/** Limits among them are lowered only (see engine.ts). */
const allowedSettings = words(`
  allow_experimental_analyzer any_join_distinct_right_table_keys asterisk_include_alias_columns
  asterisk_include_materialized_columns cast_keep_nullable count_distinct_implementation data_type_default_nullable
  date_time_input_format distinct_overflow_mode empty_result_for_aggregation_by_empty_set enable_analyzer extremes final
  group_by_overflow_mode group_by_use_nulls join_algorithm join_default_strictness join_use_nulls limit
  max_block_size max_execution_time max_memory_usage max_result_bytes max_result_rows max_rows_to_group_by
  max_rows_to_read max_bytes_to_read max_threads offset optimize_read_in_order prefer_column_name_to_alias
  read_overflow_mode result_overflow_mode session_timezone timeout_overflow_mode totals_mode transform_null_in
  union_default_mode
`);

/** Of the output; `output_format_schema` names a file and is the exception. */
export function isAllowedSetting(name: string): boolean {
  if (name === 'output_format_schema') return false;
  return allowedSettings.has(name) || name.startsWith('output_format_') || name === 'date_time_output_format';
}

export const allowedExplains = words('AST PIPELINE ESTIMATE SYNTAX PLAN QUERY TREE EXPLAIN');
