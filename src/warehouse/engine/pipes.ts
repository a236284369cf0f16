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

  private constructor(path: string) {
    this.path = path;
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
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
    if (this.#writer === undefined) return;
    closeSync(this.#writer);
    this.#writer = undefined;
  }

  /** Stops reading; a blocked writer gets a broken pipe. */
  destroy(): void {
    this.finish();
    this.output.destroy();
  }
}

/** Makes the pipes once, since Node itself cannot. */
export function makePipes(folder: string, names: readonly string[]): string[] {
  const paths = names.map((name) => join(folder, name)).filter((path) => !existsSync(path));
  if (paths.length > 0) execFileSync('mkfifo', ['-m', '600', ...paths]);
  return names.map((name) => join(folder, name));
}
