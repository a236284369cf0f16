import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventUses } from '../model/event-uses.ts';
import type { Dependant } from '../plan/breaks.ts';
import { connect, startEngine } from '../warehouse/warehouse.ts';

export interface Dependants {
  readonly found: readonly Dependant[];
  /** What could not be read, `file:line: message`. */
  readonly problems: readonly string[];
}

/** What is made of events: one more kind is one more line. */
const kinds: readonly ((workspace: string) => Promise<Dependants>)[] = [models];

export async function dependantsOf(workspace: string): Promise<Dependants> {
  const all = await Promise.all(kinds.map((read) => read(workspace)));
  return { found: all.flatMap(({ found }) => found), problems: all.flatMap(({ problems }) => problems) };
}

/** Models are read by the engine's own parser; an empty engine of its own does, so that this works where nothing runs. */
async function models(workspace: string): Promise<Dependants> {
  if (!existsSync(join(workspace, 'models'))) return { found: [], problems: [] };
  const folder = mkdtempSync(join(tmpdir(), 'tributary-check-'));
  const password = 'of an engine without data';
  const engine = await startEngine({
    dataPath: join(folder, 'warehouse'),
    users: [{ name: 'reader', password, access: 'read' }],
  });
  try {
    await using reader = connect({ url: engine.url, user: 'reader', password });
    const { models: read, problems } = await eventUses(workspace, reader);
    return {
      found: read.map((model) => ({ kind: 'model', ...model })),
      problems: problems.map(({ file, line, message }) => `${file}:${line}: ${message}`),
    };
  } finally {
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
