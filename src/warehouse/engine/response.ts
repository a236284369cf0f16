import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import zlib from 'node:zlib';
import type { EngineError } from './errors.ts';
import { header } from './request.ts';

export interface Summary {
  readonly readRows: number;
  readonly readBytes: number;
  readonly writtenRows: number;
  readonly writtenBytes: number;
  /** Seconds. */
  readonly elapsed: number;
}

// A result below this size is sent with its complete summary, and a late error in it still gets its status.
const holdBytes = 256 * 1024;

/** Writes one answer, compressed when the client asked for it; knows whether its head is out. */
export class Answer {
  readonly #response: ServerResponse;
  readonly #encoding: 'gzip' | 'zstd' | 'br' | undefined;
  readonly #tag = randomBytes(8).toString('hex');
  readonly #held: Buffer[] = [];
  #heldBytes = 0;
  #sink: Writable | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, compress: boolean) {
    this.#response = response;
    this.#encoding = compress ? encodingOf(header(request, 'accept-encoding') ?? '') : undefined;
  }

  /** Resolves when the client can take more. */
  async write(chunk: Buffer): Promise<void> {
    if (!this.#sink) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes <= holdBytes) return;
      await this.#open();
      return;
    }
    if (!this.#sink.write(chunk)) await drained(this.#sink, this.#response);
  }

  async end(summary: Summary): Promise<void> {
    if (this.#sink) {
      this.#sink.end();
      return;
    }
    this.#response.setHeader('X-ClickHouse-Summary', renderSummary(summary));
    if (!this.#encoding) this.#response.setHeader('Content-Length', this.#heldBytes);
    await this.#open();
    (this.#sink ?? this.#response).end();
  }

  /** A status of its own before the first byte; after it, the block that ClickHouse clients look for at the end. */
  fail(error: EngineError, version: string): void {
    const text = error.render(version);
    if (this.#sink) {
      const length = Buffer.byteLength(text);
      // in one piece: clients read it out of the chunk that it begins in
      this.#sink.end(
        `\r\n__exception__\r\n${this.#tag}\r\n${text}${length} ${this.#tag}\r\n__exception__\r\n`,
      );
      return;
    }
    this.#response.statusCode = error.status;
    this.#response.setHeader('X-ClickHouse-Exception-Code', error.code);
    this.#response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
    if (error.status === 503) this.#response.setHeader('Retry-After', '1');
    this.#response.end(text);
  }

  async #open(): Promise<void> {
    this.#response.setHeader('X-ClickHouse-Exception-Tag', this.#tag);
    const encoder = this.#encoding ? encoderOf(this.#encoding) : undefined;
    if (this.#encoding) this.#response.setHeader('Content-Encoding', this.#encoding);
    encoder?.pipe(this.#response);
    this.#sink = encoder ?? this.#response;
    const held = Buffer.concat(this.#held.splice(0));
    if (held.length > 0 && !this.#sink.write(held)) await drained(this.#sink, this.#response);
  }
}

async function drained(sink: Writable, response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const gone = new AbortController();
  const closed = (): void => gone.abort();
  response.once('close', closed);
  // a client that left is noticed by whoever reads next; here it only must not be waited for
  await once(sink, 'drain', { signal: gone.signal }).catch(() => undefined);
  response.removeListener('close', closed);
}

function encodingOf(accepted: string): 'gzip' | 'zstd' | 'br' | undefined {
  const names = accepted.split(',').map((part) => part.split(';')[0]?.trim());
  return (['zstd', 'gzip', 'br'] as const).find((name) => names.includes(name));
}

function encoderOf(encoding: 'gzip' | 'zstd' | 'br'): Writable & { pipe(target: Writable): unknown } {
  if (encoding === 'gzip') return zlib.createGzip({ level: 1 });
  if (encoding === 'zstd') return zlib.createZstdCompress();
  return zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 2 } });
}

function renderSummary(summary: Summary): string {
  return JSON.stringify({
    read_rows: String(summary.readRows),
    read_bytes: String(summary.readBytes),
    written_rows: String(summary.writtenRows),
    written_bytes: String(summary.writtenBytes),
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: '0',
    elapsed_ns: String(Math.round(summary.elapsed * 1e9)),
  });
}
