import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { TributaryError } from '../runtime/errors.ts';

const file = z.object({
  /** Identity of the content, given before its first line is sent: what the ids of its lines are made of. */
  id: z.string(),
  path: z.string(),
  device: z.number(),
  inode: z.number(),
  /** What the collector has said it has, in bytes from the start (unpacked). */
  offset: z.number(),
  /** Hashes of the first bytes and of those before `offset`: how the content is known again under another name. */
  headBytes: z.number(),
  head: z.string(),
  tail: z.string(),
  /** Inside of a line that is too long, whose rest is passed over. */
  skipping: z.boolean(),
  /** Compressed and read to its end. */
  done: z.boolean(),
  /** Milliseconds; entries of files that are long gone are forgotten. */
  seen: z.number(),
});
const positions = z.object({ version: z.literal(1), files: z.array(file) });

export type Position = z.infer<typeof file>;

const forgetAfter = 30 * 86_400_000;
const maxEntries = 10_000;

/** How far every file is read; replaced as a whole, so that a crash leaves the old or the new one. */
export class PositionFile {
  readonly #path: string;
  /** Undefined at the very first start. */
  readonly before: readonly Position[] | undefined;

  constructor(path: string) {
    this.#path = path;
    this.before = existsSync(path) ? read(path) : undefined;
  }

  save(entries: readonly Position[], now: number): void {
    const files = entries
      .filter(({ seen }) => now - seen < forgetAfter)
      .toSorted((one, other) => other.seen - one.seen)
      .slice(0, maxEntries);
    const folder = dirname(this.#path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const temporary = `${this.#path}.new`;
    const handle = openSync(temporary, 'w', 0o600);
    try {
      writeFileSync(handle, JSON.stringify({ version: 1, files }));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, this.#path);
    syncFolder(folder);
  }
}

/** The new name must be on the disk as well. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function read(path: string): readonly Position[] {
  try {
    return positions.parse(JSON.parse(readFileSync(path, 'utf8'))).files;
  } catch (cause) {
    throw new TributaryError(
      'config-invalid',
      `${path} is no position file of tributary tail; delete it to begin anew, or name another with --positions`,
      { cause },
    );
  }
}
