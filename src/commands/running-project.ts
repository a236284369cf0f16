import type { Config } from '../config.ts';
import type { Role } from '../contract/endpoints.ts';
import { localUrl } from '../roles/places.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import { openExistingStore } from './existing-store.ts';

/** A call of the running program, below the project: POST with a body, else GET. What it refuses is thrown in its words. */
export type AskProject = (path: string, body?: unknown) => Promise<Response>;

interface Caller {
  /** The project that was named; the first that is no demo otherwise. */
  readonly project: string | undefined;
  /** How the key is called while the command lasts. */
  readonly name: string;
  readonly role: Role;
}

/** Asks the running program about a project, since the log has one writer, with a key that is gone when the command ends. */
export async function withRunningProject<T>(
  config: Config,
  { project: named, name, role }: Caller,
  task: (ask: AskProject) => Promise<T>,
): Promise<T> {
  const store = openExistingStore(config);
  try {
    const project = named ?? (await store.projects.list()).find(({ demo }) => !demo)?.id;
    if (project === undefined || !(await store.projects.get(project)))
      throw new TributaryError('not-found', `there is no project "${project ?? ''}"`);
    const { key, secret } = await store.keys.create({ project, kind: 'api', name, role });
    try {
      const base = `${localUrl(config)}/api/projects/${encodeURIComponent(project)}`;
      return await task((path, body) => ask(base, secret, path, body));
    } finally {
      await store.keys.revoke(project, 'api', key.id);
    }
  } finally {
    await store.close();
  }
}

async function ask(base: string, secret: string, path: string, body: unknown): Promise<Response> {
  const response = await fetch(`${base}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new TributaryError(
      'warehouse-unavailable',
      `Tributary does not answer at ${base}: start it, or say where with --port (${messageOf(error)})`,
    );
  });
  if (response.ok) return response;
  const { error } = (await response.json()) as { readonly error?: { readonly message: string } };
  throw new TributaryError(
    response.status === 404 ? 'not-found' : 'bad-request',
    error?.message ?? `status ${response.status}`,
  );
}
