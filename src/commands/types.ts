import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readPlan } from '../plan/plan.ts';
import { planTypes } from '../plan/types.ts';
import { schemasFolder } from '../roles/places.ts';
import type { CommandContext } from './command.ts';

const usualFile = 'tributary-events.ts';

/** Writes the types of the tracking plan's events; with `--check` it only says whether the file is as the plan wants it. */
export async function types({ config, flags, words }: CommandContext): Promise<number> {
  const [file = usualFile] = words;
  const events = readPlan(schemasFolder(config));
  const source = await planTypes(events);
  if (file === '-') {
    process.stdout.write(source);
    return 0;
  }
  const path = resolve(file);
  if (flags.check === undefined) {
    writeFileSync(path, source);
    process.stdout.write(`${path}: ${events.length} events\n`);
    return 0;
  }
  if (existsSync(path) && readFileSync(path, 'utf8') === source) return 0;
  process.stderr.write(`${path} is not what the tracking plan says; run \`tributary types ${file}\`\n`);
  return 1;
}
