import { createHash, timingSafeEqual } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { EngineError, refusals } from './errors.ts';
import type { Access } from './limits.ts';
import { type Shape, shapeOf } from './sql-text.ts';

export interface User {
  readonly name: string;
  /** SHA-256 of the password in hex; passwords of this host are random, so a salt would add nothing. */
  readonly passwordSha256: string;
  readonly access: Access;
}

/** What a request asks for, before its body is read. */
export interface Call {
  readonly queryText: string;
  readonly queryId: string | undefined;
  readonly database: string;
  readonly format: string;
  readonly settings: Map<string, string>;
  readonly params: Map<string, string>;
  readonly compressResponse: boolean;
}

/** The whole query text, and for INSERT the rows that follow it. */
export interface Body {
  readonly sql: string;
  readonly shape: Shape;
  readonly rows: AsyncIterable<Buffer> | undefined;
}

// Texts of queries are small; what is large is rows, and those go to a file.
const maxQueryBytes = 16 * 1024 ** 2;
const settingName = /^[A-Za-z_][A-Za-z0-9_]*$/;

// Handled by the HTTP layer or without a meaning here; the engine knows none of them.
const transportParams = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'session_id',
  'session_timeout',
  'session_check',
  'compress',
  'decompress',
  'role',
  'quota_key',
  'stacktrace',
  'wait_end_of_query',
  'buffer_size',
  'enable_http_compression',
  'http_zlib_compression_level',
  'http_response_buffer_size',
  'http_headers_progress_interval_ms',
  'send_progress_in_http_headers',
  'http_write_exception_in_output_format',
  'cancel_http_readonly_queries_on_client_close',
  'close_session',
  'client_protocol_version',
  'log_comment',
]);

export function readCall(request: IncomingMessage, url: URL): Call {
  const settings = new Map<string, string>();
  const params = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (name.startsWith('param_')) setParam(params, name, value);
    else if (!transportParams.has(name)) settings.set(settingOf(name), value);
  }
  const flag = (name: string): boolean => ['1', 'true'].includes(url.searchParams.get(name) ?? '');
  return {
    queryText: url.searchParams.get('query') ?? '',
    queryId: url.searchParams.get('query_id') ?? undefined,
    database: url.searchParams.get('database') || header(request, 'x-clickhouse-database') || 'default',
    format:
      url.searchParams.get('default_format') || header(request, 'x-clickhouse-format') || 'TabSeparated',
    settings,
    params,
    compressResponse: flag('enable_http_compression'),
  };
}

function setParam(params: Map<string, string>, name: string, value: string): void {
  params.set(settingOf(name.slice('param_'.length)), value);
}

function settingOf(name: string): string {
  if (!settingName.test(name))
    throw refusals.badArguments(`Not a name of a setting or parameter: ${JSON.stringify(name)}.`);
  return name;
}

/** Rejects with 516 for a wrong name or password, in the same words for both. */
export function authenticate(request: IncomingMessage, url: URL, users: readonly User[]): User {
  const { name, password } = credentials(request, url);
  const digest = createHash('sha256').update(password).digest();
  const user = users.find((known) => known.name === name);
  const expected = Buffer.from(user?.passwordSha256 ?? '', 'hex');
  if (user && expected.length === digest.length && timingSafeEqual(expected, digest)) return user;
  throw refusals.authentication(
    `${name}: Authentication failed: password is incorrect, or there is no user with such name.`,
  );
}

function credentials(request: IncomingMessage, url: URL): { name: string; password: string } {
  const name = header(request, 'x-clickhouse-user');
  if (name !== undefined) return { name, password: header(request, 'x-clickhouse-key') ?? '' };
  const [, basic] = /^basic (.*)$/i.exec(header(request, 'authorization') ?? '') ?? [];
  if (basic !== undefined) {
    const [user = '', ...rest] = Buffer.from(basic, 'base64').toString().split(':');
    return { name: user || 'default', password: rest.join(':') };
  }
  return {
    name: url.searchParams.get('user') || 'default',
    password: url.searchParams.get('password') ?? '',
  };
}

export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Reads the text of the query; rows of an INSERT stay unread. */
export async function readBody(request: IncomingMessage, call: Call, limit: number): Promise<Body> {
  const bytes = decoded(request, limit);
  if (header(request, 'content-type')?.startsWith('multipart/form-data')) {
    const sql = await readForm(request, call, bytes);
    return { sql, shape: shapeOf(sql), rows: undefined };
  }
  if (call.queryText !== '') {
    const shape = shapeOf(call.queryText);
    if (shape.kind === 'insert')
      return { sql: call.queryText, shape, rows: rowsOf(call.queryText, shape, bytes) };
  }
  return await readText(call.queryText === '' ? '' : `${call.queryText}\n`, bytes);
}

async function readText(start: string, bytes: AsyncIterable<Buffer>): Promise<Body> {
  const chunks: Buffer[] = [Buffer.from(start)];
  let size = 0;
  const rest = bytes[Symbol.asyncIterator]();
  let tried = 0;
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    chunks.push(next.value);
    size += next.value.length;
    // looking again only after the text has doubled keeps a long text linear
    if (size < tried * 2) continue;
    tried = size;
    const text = Buffer.concat(chunks);
    const sql = text.toString();
    const shape = shapeOf(sql);
    // the name of the format may be cut by the end of a chunk, unless something follows it
    if (shape.kind === 'insert' && shape.dataStart < sql.length) {
      return {
        sql,
        shape,
        rows: joined(text.subarray(Buffer.byteLength(sql.slice(0, shape.dataStart))), rest),
      };
    }
    if (size > maxQueryBytes) throw refusals.tooLarge(`The query text is over ${maxQueryBytes} bytes.`);
  }
  const sql = Buffer.concat(chunks).toString();
  const shape = shapeOf(sql);
  return { sql, shape, rows: shape.kind === 'insert' ? rowsOf(sql, shape, Readable.from([])) : undefined };
}

function rowsOf(
  sql: string,
  shape: Shape & { kind: 'insert' },
  bytes: AsyncIterable<Buffer>,
): AsyncIterable<Buffer> {
  return joined(Buffer.from(sql.slice(shape.dataStart)), bytes[Symbol.asyncIterator]());
}

async function* joined(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function readForm(request: IncomingMessage, call: Call, bytes: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > maxQueryBytes) throw refusals.tooLarge(`The form is over ${maxQueryBytes} bytes.`);
    chunks.push(chunk);
  }
  const headers = { 'content-type': header(request, 'content-type') ?? '' };
  const form = await new Response(Buffer.concat(chunks), { headers }).formData().catch(() => {
    throw refusals.badArguments('The multipart/form-data body is malformed.');
  });
  let sql = call.queryText;
  for (const [name, value] of form) {
    if (typeof value !== 'string') throw refusals.badArguments('Files (external tables) are not supported.');
    if (name === 'query') sql += value;
    else if (name.startsWith('param_')) setParam(call.params, name, value);
  }
  return sql;
}

/** The body without its Content-Encoding, never more than `limit` bytes of it. */
async function* decoded(request: IncomingMessage, limit: number): AsyncGenerator<Buffer> {
  const decoder = decoderOf(header(request, 'content-encoding') ?? 'identity');
  const source: AsyncIterable<Buffer> = decoder ? request.pipe(decoder) : request;
  if (decoder) request.once('close', () => request.complete || decoder.destroy(new Error('aborted')));
  let size = 0;
  try {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > limit) throw refusals.tooLarge(`The request body is over ${limit} bytes.`);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new EngineError(354, 'ZLIB_INFLATE_FAILED', `Cannot read the request body: ${why}.`);
  }
}

function decoderOf(encoding: string): (NodeJS.ReadWriteStream & Readable) | undefined {
  switch (encoding) {
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
    case 'deflate':
      return zlib.createUnzip();
    case 'br':
      return zlib.createBrotliDecompress();
    case 'zstd':
      return zlib.createZstdDecompress();
    default:
      throw new EngineError(89, 'UNKNOWN_COMPRESSION_METHOD', `Unknown Content-Encoding: ${encoding}.`);
  }
}

/** Keeps rows in a file until all have arrived: a body that breaks off must insert nothing. */
export async function spool(rows: AsyncIterable<Buffer>, path: string): Promise<void> {
  await pipeline(rows, createWriteStream(path, { mode: 0o600, flags: 'wx', highWaterMark: 1024 ** 2 }));
}
