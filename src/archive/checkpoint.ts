import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isGone, writeWhole } from './file.ts';
import { rawFolder } from './layout.ts';

const offset = z.number().int().min(0);
const schema = z.object({
  /** Every record before this offset is in the archive. */
  next: offset,
  /** The range that is being written is [next, intentTo): after a crash exactly this range is written again, under the same names. */
  intentTo: offset.optional(),
  /** Projects that were deleted: their records up to this offset are nobody's, in the log too. */
  deleted: z.record(z.string(), offset).default({}),
});

/** How far the archive is. */
export type ArchiveCheckpoint = z.infer<typeof schema>;

const nameOf = (lake: string): string => join(rawFolder(lake), 'archive.json');

/** Undefined before the first record was archived. */
export function readCheckpoint(lake: string): ArchiveCheckpoint | undefined {
  let text: string;
  try {
    text = readFileSync(nameOf(lake), 'utf8');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  return schema.parse(JSON.parse(text));
}

/** Only under the archive's lock. */
export async function writeCheckpoint(lake: string, checkpoint: ArchiveCheckpoint): Promise<void> {
  await writeWhole(nameOf(lake), Buffer.from(`${JSON.stringify(checkpoint)}\n`));
}
