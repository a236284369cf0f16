import { TributaryError } from '../runtime/errors.ts';
import type { CommandContext } from './command.ts';
import { openExistingStore } from './existing-store.ts';

/** The project that `--project` names, or the only one there is beside the demo's. */
export async function projectOf({ config, flags }: CommandContext): Promise<string> {
  const store = openExistingStore(config);
  try {
    const projects = await store.projects.list();
    const named = projects.find(({ id }) => id === flags.project);
    if (named) return named.id;
    const own = projects.filter(({ demo }) => !demo);
    if (flags.project === undefined && own.length === 1 && own[0]) return own[0].id;
    const names = projects.map(({ id }) => id).join(', ');
    throw new TributaryError(
      'bad-request',
      flags.project === undefined
        ? `say which project: --project=… (${names})`
        : `there is no project "${flags.project}"; there are ${names}`,
    );
  } finally {
    await store.close();
  }
}

/** Milliseconds since the epoch. */
export function timeOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const whole = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?Z?$/.test(text);
  const time = whole
    ? Date.parse(`${text.replace(' ', 'T').replace(/Z$/, '')}${text.length > 11 ? 'Z' : ''}`)
    : Number.NaN;
  if (Number.isNaN(time))
    throw new TributaryError(
      'bad-request',
      `--${option} ${text} is not a time like 2026-01-31 or "2026-01-31 07:00" (UTC)`,
    );
  return time;
}
