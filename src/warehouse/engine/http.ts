import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { NativeResult } from './addon.ts';
import { type Engine, quote, type Run, type Statement } from './engine.ts';
import { refusals, toEngineError } from './errors.ts';
import { checkSettings, guard } from './guard.ts';
import { authenticate, type Body, type Call, readBody, readCall, spool, type User } from './request.ts';
import { Answer, type Summary } from './response.ts';
import { shapeOf } from './sql-text.ts';

/** The ClickHouse HTTP interface over one engine. */
export function createHttpServer(engine: Engine, users: readonly User[]): Server {
  const server = createServer({ keepAliveTimeout: 30_000, requestTimeout: 0 }, (request, response) => {
    void handle(engine, users, request, response);
  });
  return server;
}

async function handle(
  engine: Engine,
  users: readonly User[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('X-ClickHouse-Server-Display-Name', 'tributary');
  let answer = new Answer(request, response, false);
  try {
    const url = addressOf(request);
    if (isProbe(request, url)) {
      response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
      response.end('Ok.\n');
      return;
    }
    const user = authenticate(request, url, users);
    if (!['GET', 'HEAD', 'POST'].includes(request.method ?? ''))
      throw refusals.notImplemented('Use GET, HEAD or POST.');
    if (url.pathname !== '/' && url.pathname !== '/query') {
      response.statusCode = 404;
      response.end(`There is no handle ${url.pathname}; use / for queries and /ping for health checks.\n`);
      return;
    }
    const call = readCall(request, url);
    answer = new Answer(request, response, call.compressResponse);
    response.setHeader('X-ClickHouse-Query-Id', call.queryId ?? randomUUID());
    response.setHeader('X-ClickHouse-Timezone', engine.timezone);
    await answer.end(await serve(engine, user, call, { request, response, answer }));
  } catch (thrown) {
    const error = toEngineError(thrown);
    // the Basic scheme of a browser is never asked for: its prompt would hide the message
    answer.fail(error, engine.version);
  }
  // an unread rest of the body would be taken for the next request of this connection
  if (!request.complete) request.resume();
}

function addressOf(request: IncomingMessage): URL {
  // not resolved against a base: two leading slashes would be taken for a host
  const url = URL.parse(`http://localhost${request.url ?? '/'}`);
  if (!url) throw refusals.badArguments('The address of the request is malformed.');
  return url;
}

function isProbe(request: IncomingMessage, url: URL): boolean {
  if (['/ping', '/replicas_status'].includes(url.pathname)) return true;
  return request.method === 'GET' && url.pathname === '/' && !url.searchParams.has('query');
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly answer: Answer;
}

async function serve(engine: Engine, user: User, call: Call, exchange: Exchange): Promise<Summary> {
  const gone = new AbortController();
  exchange.response.once('close', () => gone.abort(refusals.cancelled()));
  if (exchange.response.destroyed) throw refusals.cancelled();
  const body = await readBody(exchange.request, call, engine.limits.bodyBytes);
  if (body.sql.trim() === '') throw refusals.badArguments('Empty query.');
  const statement: Statement = {
    sql: body.sql,
    format: call.format,
    access: user.access,
    database: call.database,
    settings: call.settings,
    params: call.params,
    // a query over GET can be triggered by a link, so it must not change anything; a reader's is frozen by the guard
    readonly: user.access === 'full' && exchange.request.method !== 'POST',
    signal: gone.signal,
  };
  if (user.access === 'read') checkSettings(call.settings.keys());
  else if (body.shape.kind === 'insert') return await insertRows(engine, statement, body);
  const piped = body.shape.kind === 'select';
  return await engine.run(statement, { piped }, async (run) => {
    // what runs for a reader is the engine's own rendering of what was judged, not what the client sent
    const sql = user.access === 'read' ? await guard(run, statement) : statement.sql;
    return await answerWith(run, { ...statement, sql }, exchange);
  });
}

async function answerWith(run: Run, statement: Statement, { response, answer }: Exchange): Promise<Summary> {
  const shape = shapeOf(statement.sql);
  const format = shape.kind === 'select' ? (shape.format ?? statement.format) : statement.format;
  response.setHeader('X-ClickHouse-Format', format);
  response.setHeader('Content-Type', contentTypeOf(format));
  if (shape.kind === 'select' && run.pipe) {
    const sql = `${shape.head}\nINTO OUTFILE ${quote(run.pipe.path)} APPEND FORMAT ${format}${shape.settings}`;
    return await streamed(run, sql, answer);
  }
  const result = await run.query(statement.sql);
  await answer.write(result.bytes);
  return readSummary(result);
}

function readSummary({ rowsRead, bytesRead, elapsed }: NativeResult): Summary {
  return { readRows: rowsRead, readBytes: bytesRead, writtenRows: 0, writtenBytes: 0, elapsed };
}

async function streamed(run: Run, sql: string, answer: Answer): Promise<Summary> {
  const pipe = run.pipe;
  if (!pipe) throw new Error('a streamed result needs a pipe');
  const ended = run.query(sql).finally(() => pipe.finish());
  // awaited below; a failure before the first byte must not count as unhandled in between
  ended.catch(() => undefined);
  const closed = new Promise<void>((resolve) => pipe.output.once('close', resolve));
  try {
    // a client that has stopped reading is not waited for once the query is given up, so that its slot is free again
    for await (const chunk of pipe.output) await Promise.race([answer.write(chunk as Buffer), closed]);
  } catch (error) {
    // the pipe is abandoned when the query is given up; the query then says why
    await ended;
    throw error;
  }
  return readSummary(await ended);
}

async function insertRows(engine: Engine, statement: Statement, { shape, rows }: Body): Promise<Summary> {
  if (shape.kind !== 'insert' || !rows) throw new Error('an INSERT needs rows');
  const path = join(engine.folder, `${randomUUID()}.rows`);
  try {
    await spool(rows, path);
    return await engine.run(statement, { piped: false }, async (run) => {
      const result = await run.query(
        `${shape.head} FROM INFILE ${quote(path)} COMPRESSION 'none' ${shape.settings} FORMAT ${shape.format}`,
      );
      const { rowsRead, bytesRead, elapsed } = result;
      return {
        readRows: rowsRead,
        readBytes: bytesRead,
        writtenRows: rowsRead,
        writtenBytes: bytesRead,
        elapsed,
      };
    });
  } finally {
    await rm(path, { force: true });
  }
}

function contentTypeOf(format: string): string {
  if (/^JSON(EachRow|CompactEachRow|StringsEachRow|CompactStringsEachRow)|^NDJSON/i.test(format))
    return 'application/x-ndjson; charset=UTF-8';
  if (/^JSON/i.test(format)) return 'application/json; charset=UTF-8';
  if (/^CSV/i.test(format)) return 'text/csv; charset=UTF-8; header=present';
  if (/^(TSV|TabSeparated)/i.test(format)) return 'text/tab-separated-values; charset=UTF-8';
  if (/^(Native|RowBinary|Parquet|Arrow|ORC|Avro|MsgPack)/i.test(format)) return 'application/octet-stream';
  return 'text/plain; charset=UTF-8';
}
