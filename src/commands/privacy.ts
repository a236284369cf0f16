import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Erasure } from '../contract/privacy-endpoints.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { CommandContext } from './command.ts';
import { type AskProject, withRunningProject } from './running-project.ts';

interface Asked {
  readonly words: readonly string[];
  readonly flags: CommandContext['flags'];
  readonly ask: AskProject;
}

const actions: Readonly<Record<string, (asked: Asked) => Promise<unknown>>> = {
  try: tryText,
  'rotate-key': (asked) => asked.ask('/privacy/keys', {}).then(json),
  export: exportPerson,
  erase,
  erasures: (asked) => asked.ask('/erasures').then(json),
};

/** `tributary privacy try|rotate-key|export|erase|erasures`, and `tributary person export|erase`: asks the running program. */
export async function privacy({ config, words, flags }: CommandContext): Promise<number> {
  const [name = 'erasures', ...rest] = words;
  const action = actions[name];
  if (!action)
    throw new TributaryError(
      'bad-request',
      `there is no "privacy ${name}"; there are ${Object.keys(actions).join(', ')}`,
    );
  const asking = { project: flags.project, name: 'tributary privacy', role: 'admin' } as const;
  const answer = await withRunningProject(config, asking, (ask) => action({ words: rest, flags, ask }));
  if (answer !== undefined)
    process.stdout.write(`${typeof answer === 'string' ? answer : JSON.stringify(answer, null, 2)}\n`);
  return 0;
}

async function json(response: Response): Promise<unknown> {
  return response.json();
}

async function tryText({ words, ask }: Asked): Promise<string> {
  const response = await ask('/privacy/try', { text: words.join(' ') });
  return ((await response.json()) as { readonly kept: string }).kept;
}

function onlyPerson(words: readonly string[]): string {
  const [person] = words;
  if (person === undefined || words.length > 1)
    throw new TributaryError(
      'bad-request',
      'name one person: a user id, an anonymous id or an e-mail address',
    );
  return person;
}

/** Into the file of `--file`, or to the standard output. */
async function exportPerson({ words, flags, ask }: Asked): Promise<undefined> {
  const { body } = await ask(`/person-export?person=${encodeURIComponent(onlyPerson(words))}`);
  if (!body) return;
  if (flags.file === undefined) await pipeline(body, process.stdout, { end: false });
  else await pipeline(body, createWriteStream(flags.file, { mode: 0o600 }));
}

/** Waits until it is done, and says what was removed where. */
async function erase({ words, flags, ask }: Asked): Promise<Erasure['report']> {
  const person = onlyPerson(words);
  if (flags.yes === undefined)
    throw new TributaryError('bad-request', 'what is erased cannot be brought back; say it again with --yes');
  const rearrival = flags.rearrival ?? 'drop';
  const started = (await (await ask('/erasures', { person, rearrival })).json()) as Erasure;
  for (;;) {
    const { erasures } = (await (await ask('/erasures')).json()) as { readonly erasures: readonly Erasure[] };
    const now = erasures.find(({ id }) => id === started.id);
    if (now?.report.state === 'done') return now.report;
    if (now?.report.problem) process.stderr.write(`${now.report.problem}; it is tried again\n`);
    await sleep(1_000);
  }
}
