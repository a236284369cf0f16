import type { Output } from '../contract/endpoints.ts';
import type { PersonResult } from '../contract/person-endpoints.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { CommandContext } from './command.ts';
import { changesText, peopleText, personText, previewText } from './person-text.ts';
import { privacy } from './privacy.ts';
import { type AskProject, withRunningProject } from './running-project.ts';

interface Asked {
  readonly words: readonly string[];
  readonly flags: CommandContext['flags'];
  /** A call of the running program, below the project. */
  readonly get: <T>(path: string, query?: Readonly<Record<string, string>>) => Promise<T>;
  readonly post: <T>(path: string, body: unknown) => Promise<T>;
}

interface Told {
  readonly answer: unknown;
  readonly text: string;
}

const actions: Readonly<Record<string, (asked: Asked) => Promise<Told>>> = {
  list,
  show,
  merge,
  undo,
  split,
  history,
};

/** `tributary person list|show|merge|undo|split|history`: who is who in the running program. */
export async function person({ config, words, flags, env }: CommandContext): Promise<number> {
  const [name = 'list', ...rest] = words;
  // an administrator's acts, with another key
  if (name === 'export' || name === 'erase') return privacy({ config, words, flags, env });
  const action = actions[name];
  if (!action)
    throw new TributaryError(
      'bad-request',
      `there is no "person ${name}"; there are ${Object.keys(actions).join(', ')}`,
    );
  const asking = { project: flags.project, name: 'tributary person', role: 'editor' } as const;
  const { answer, text } = await withRunningProject(config, asking, (ask) =>
    action({ words: rest, flags, ...callsOf(ask) }),
  );
  process.stdout.write(flags.json === undefined ? `${text}\n` : `${JSON.stringify(answer, null, 2)}\n`);
  return 0;
}

function callsOf(ask: AskProject): Pick<Asked, 'get' | 'post'> {
  const json = async <T>(answer: Promise<Response>): Promise<T> => (await (await answer).json()) as T;
  return {
    get: (path, query = {}) => json(ask(`${path}?${new URLSearchParams(query).toString()}`)),
    post: (path, body) => json(ask(path, body)),
  };
}

type Found = Output<'searchPeople'>;

async function list({ words, get }: Asked): Promise<Told> {
  const answer = await get<Found>('/people', { search: words.join(' ') });
  return { answer, text: peopleText(answer.people) };
}

/** The person that a word names: by an id of it, its address, or its key. */
async function personOf({ get }: Asked, word: string | undefined): Promise<PersonResult> {
  if (word === undefined)
    throw new TributaryError(
      'bad-request',
      'say who: a user id, an anonymous id, an e-mail address or a person_id',
    );
  const { people } = await get<Found>('/people', { search: word, limit: '20' });
  const exact: PersonResult[] = [];
  for (const { person: key } of people) {
    const one = await get<PersonResult>(`/people/${key}`);
    const isMeant =
      key === word ||
      one.email.toLowerCase() === word.toLowerCase() ||
      one.known.some(({ id }) => id === word);
    if (isMeant) exact.push(one);
  }
  const [one, other] = exact;
  if (one && !other) return one;
  if (/^\d{1,20}$/.test(word) && !one) return get<PersonResult>(`/people/${word}`);
  throw new TributaryError(
    one ? 'conflict' : 'not-found',
    one
      ? `"${word}" may be several: ${exact.map(({ person: key, name }) => `${name} (${key})`).join(', ')}; name one by its key`
      : `there is nobody with the id "${word}"`,
  );
}

async function show(asked: Asked): Promise<Told> {
  const answer = await personOf(asked, asked.words[0]);
  return { answer, text: personText(answer) };
}

async function merge(asked: Asked): Promise<Told> {
  const [from, into] = [await personOf(asked, asked.words[0]), await personOf(asked, asked.words[1])];
  if (asked.flags.preview !== undefined) {
    const answer = await asked.get<Output<'previewMerge'>>(`/people/${from.person}/merge-preview`, {
      into: into.person,
    });
    return { answer, text: previewText(answer) };
  }
  return given(asked, `/people/${from.person}/merge`, { into: into.person });
}

async function undo(asked: Asked): Promise<Told> {
  const found = await personOf(asked, asked.words[0]);
  const [alias] = idsOf(found, asked.words.slice(1, 2));
  if (!alias)
    throw new TributaryError('bad-request', 'say which id to take off: tributary person undo ann ann-old');
  return given(asked, `/people/${found.person}/undo`, { alias });
}

async function split(asked: Asked): Promise<Told> {
  const found = await personOf(asked, asked.words[0]);
  const ids = idsOf(found, asked.words.slice(1));
  if (ids.length === 0)
    throw new TributaryError('bad-request', 'say which ids to take off: tributary person split ann kiosk-7');
  return given(asked, `/people/${found.person}/split`, { ids });
}

function idsOf(found: PersonResult, words: readonly string[]) {
  return words.map((word) => {
    const id = found.known.find((one) => one.id === word);
    if (!id)
      throw new TributaryError(
        'not-found',
        `"${word}" is no id of this person; it has ${found.known.map((one) => one.id).join(', ')}`,
      );
    return { kind: id.kind, id: id.id };
  });
}

async function given(asked: Asked, path: string, body: object): Promise<Told> {
  const answer = await asked.post<Output<'mergePersons'>>(path, { ...body, note: asked.flags.note ?? '' });
  if (!answer.applied) return { answer, text: 'accepted; the pipeline is behind and will apply it' };
  return {
    answer,
    text: answer.changes.length === 0 ? 'nothing to do: it is so already' : changesText(answer.changes),
  };
}

async function history(asked: Asked): Promise<Told> {
  const [word] = asked.words;
  const query = word === undefined ? {} : { person: (await personOf(asked, word)).person };
  const answer = await asked.get<Output<'identityHistory'>>('/identity-history', query);
  return { answer, text: changesText(answer.changes) };
}
