import pg from 'pg';
import { messageOf, TributaryError } from '../../../runtime/errors.ts';

/** Values come as text in forms that do not depend on the server's settings. */
const options =
  '-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=1 -c bytea_output=hex -c statement_timeout=0 -c idle_in_transaction_session_timeout=0';

export interface ConnectionOptions {
  readonly url: string;
  /** For statements as usual; or one over which the log is streamed, which takes simple statements only. */
  readonly kind: 'statements' | 'stream';
  /** Shown to the administrators of the server. */
  readonly name: string;
}

/** A connection; it must be ended. `pg` says what is wrong with it by an `error` event, which here ends its queries only. */
export async function connectPostgres({ url, kind, name }: ConnectionOptions): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: 15_000,
    keepAlive: true,
    options,
    ...(kind === 'stream' ? { replication: 'database' } : {}),
  } as pg.ClientConfig);
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => {});
    throw new TributaryError(
      'source-unavailable',
      `${placeOf(url)} cannot be connected to: ${messageOf(error) || 'no answer'}`,
      { cause: error },
    );
  }
  return client;
}

/** Where a database is, without the password. */
export function placeOf(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed) return 'the database';
  return `${parsed.hostname}:${parsed.port || 5432}${parsed.pathname}`;
}

/** Rows of a statement, every value as text. */
export async function rowsOf<Row extends Record<string, string | null>>(
  client: pg.Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const { rows } = await client.query<Row>({
    text,
    values: [...values],
    types: { getTypeParser: () => (value: string) => value },
  });
  return rows;
}

/** Positions of the log are written as two hexadecimal numbers. */
export function positionOf(lsn: string): bigint {
  const [high = '0', low = '0'] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

export function lsnOf(position: bigint): string {
  return `${(position >> 32n).toString(16).toUpperCase()}/${(position & 0xffff_ffffn).toString(16).toUpperCase()}`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return text.includes('\\')
    ? ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;
}
