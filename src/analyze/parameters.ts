/** Types of the native query parameters the analyses use. */
type ParameterType =
  | 'String'
  | 'Array(String)'
  | 'Array(Float64)'
  | 'Int64'
  | 'UInt64'
  | 'UInt32'
  | 'Float64';

/**
 * The values of one query. Everything a user can choose travels as a native parameter; SQL text is made of our own words only.
 *
 * @example
 * const parameters = new Parameters(project);
 * `WHERE project = ${parameters.project} AND path = ${parameters.add('String', path)}`
 */
export class Parameters {
  /** Every query on project data must name it: a query that does not fails in `ask`. */
  readonly project = '{project:String}';
  readonly #values: Record<string, unknown>;
  #count = 0;

  constructor(project: string) {
    this.#values = { project };
  }

  /** Keeps the value and returns the placeholder to put into the SQL. */
  add(type: ParameterType, value: unknown): string {
    this.#count += 1;
    this.#values[`p${this.#count}`] = value;
    return `{p${this.#count}:${type}}`;
  }

  get values(): Readonly<Record<string, unknown>> {
    return this.#values;
  }
}
