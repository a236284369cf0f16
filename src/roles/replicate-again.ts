import { z } from 'zod';
import type { Store } from '../store/store.ts';

const tables = z.array(z.string());
const nameOf = (source: string): string => `replicate.again.${source}`;

type Settings = Store['settings'];

/** Asks the replication of a source, running or not, to copy tables again; `*` are all. */
export async function askAgain(settings: Settings, source: string, names: readonly string[]): Promise<void> {
  const waiting = await read(settings, source);
  await settings.set(nameOf(source), JSON.stringify([...new Set([...waiting, ...names])]));
}

/** What was asked for since the last call. */
export async function takeAgain(settings: Settings, source: string): Promise<readonly string[]> {
  const waiting = await read(settings, source);
  if (waiting.length > 0) await settings.set(nameOf(source), '[]');
  return waiting;
}

async function read(settings: Settings, source: string): Promise<readonly string[]> {
  const parsed = tables.safeParse(JSON.parse((await settings.get(nameOf(source))) ?? '[]'));
  return parsed.success ? parsed.data : [];
}
