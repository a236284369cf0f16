import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';

/**
 * A named pipe that the engine writes a result to (`INTO OUTFILE`). It is the only way to stream every format with
 * its header and footer: the engine's streaming call formats each block as a result of its own, and it plans the
 * query (scalar subqueries included, for as long as they take) on the event loop.
 */
export class ResultPipe {
  readonly path: string;
  readonly output: Socket;
  #writer: number | undefined;
  #drain: Socket | undefined;
  #spare: number | undefined;

  private constructor(path: string) {
    this.path = path;
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#spare = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // Held open until the query has ended: otherwise a query that fails before its first byte would leave the reader
    // waiting, and one that opens the file twice would end it early.
    this.#writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    this.output = new Socket({ fd: reader, readable: true, writable: false });
  }

  static open(path: string): ResultPipe {
    return new ResultPipe(path);
  }

  /** After the query has ended, lets `output` end as soon as it is drained. */
  finish(): void {
    if (this.#writer !== undefined) closeSync(this.#writer);
    this.#writer = undefined;
  }

  /**
   * Fails `output` and throws away what still comes: without a reader the engine would wait for one in open(), where
   * nothing can cancel it, and with one that does not read it would wait in write().
   */
  abandon(): void {
    this.output.destroy();
    if (this.#spare === undefined) return;
    this.#drain = new Socket({ fd: this.#spare, readable: true, writable: false });
    this.#drain.on('error', () => undefined).resume();
    this.#spare = undefined;
  }

  /** Only after the query has ended. */
  close(): void {
    this.finish();
    this.output.destroy();
    this.#drain?.destroy();
    if (this.#spare !== undefined) closeSync(this.#spare);
    this.#spare = undefined;
  }
}

/** Makes the pipes once, since Node itself cannot. */
export function makePipes(folder: string, names: readonly string[]): string[] {
  const paths = names.map((name) => join(folder, name)).filter((path) => !existsSync(path));
  if (paths.length > 0) execFileSync('mkfifo', ['-m', '600', ...paths]);
  return names.map((name) => join(folder, name));
}
