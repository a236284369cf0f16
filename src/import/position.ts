import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const positionSchema = z.object({ rows: z.number().int().nonnegative() });

/**
 * Remembers how far the import of each file has come, in a folder with one small file each. A position is written after the
 * acknowledgement, so a crash between the two sends some rows again, with the same ids.
 */
export class Positions {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rows whose events are acknowledged, or that hold none. */
  read(name: string): number {
    const path = this.#path(name);
    if (!existsSync(path)) return 0;
    const found = positionSchema.safeParse(jsonOf(readFileSync(path, 'utf8')));
    return found.success ? found.data.rows : 0;
  }

  write(name: string, rows: number): void {
    mkdirSync(this.#folder, { recursive: true });
    const path = this.#path(name);
    writeFileSync(`${path}.new`, JSON.stringify({ rows }));
    renameSync(`${path}.new`, path);
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.json`);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const sample = 256 * 1024;

/** Names the content of a file by its size, start and end: a copy elsewhere is the same file, a longer one is another. */
export async function signatureOf(file: string): Promise<string> {
  const { size } = await stat(file);
  const handle = await open(file);
  try {
    const hash = createHash('sha256').update(`${size}\0`);
    for (const at of [0, Math.max(0, size - sample)]) {
      const bytes = Buffer.alloc(Math.min(sample, size - at));
      await handle.read(bytes, 0, bytes.length, at);
      hash.update(bytes);
    }
    return hash.digest('hex').slice(0, 32);
  } finally {
    await handle.close();
  }
}
