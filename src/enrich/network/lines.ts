import { closeSync, openSync, readSync } from 'node:fs';

const newline = 10;

/** Calls back with each line of a file as the part of a buffer, which is used again: the file is never in memory as a whole. */
export function eachLine(file: string, take: (bytes: Buffer, start: number, end: number) => void): void {
  const buffer = Buffer.allocUnsafe(256 * 1024);
  const descriptor = openSync(file, 'r');
  try {
    let kept = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, kept, buffer.length - kept, null);
      const end = kept + read;
      let start = 0;
      for (
        let at = buffer.indexOf(newline, start);
        at !== -1 && at < end;
        at = buffer.indexOf(newline, start)
      ) {
        take(buffer, start, at);
        start = at + 1;
      }
      kept = end - start;
      if (read === 0) {
        if (kept > 0) take(buffer, start, end);
        return;
      }
      // A line that fills the whole buffer is none of this database.
      if (kept === buffer.length) kept = 0;
      else buffer.copyWithin(0, start, end);
    }
  } finally {
    closeSync(descriptor);
  }
}
