import type { FastifyRequest } from 'fastify';
import { type Endpoint, type Role, roles } from '../contract/endpoints.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './handler.ts';
import { sessionToken } from './session-cookie.ts';

export interface Authenticated {
  readonly caller: Caller;
  /** The token of a cookie whose expiry has moved, so that the browser should hear of it. */
  readonly renewed: string | undefined;
}

/** Who sends this request; undefined when it carries nothing that says so. */
export async function authenticate(
  request: FastifyRequest,
  store: Pick<Store, 'keys' | 'sessions'>,
): Promise<Authenticated | undefined> {
  const bearer = bearerOf(request);
  if (bearer !== undefined) {
    const key = await store.keys.use('api', bearer);
    if (!key?.role)
      throw new TributaryError('unauthenticated', 'this API key does not exist or has been revoked');
    return {
      caller: { kind: 'key', key: key.id, project: key.project, role: key.role },
      renewed: undefined,
    };
  }
  const token = sessionToken(request.headers.cookie);
  const session = token === undefined ? undefined : await store.sessions.use(token);
  if (!session) return undefined;
  const { user, id } = session;
  return {
    caller: { kind: 'user', user, role: user.role, session: id },
    renewed: session.renewed ? token : undefined,
  };
}

/** Other schemes are left alone: a reverse proxy may pass on its own Basic credentials. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +(\S{1,200}) *$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** Refuses a caller whom the endpoint does not admit, whatever the input says. */
export function admit(
  endpoint: Pick<Endpoint, 'access' | 'scope'>,
  caller: Caller | undefined,
): Caller | undefined {
  if (endpoint.access === 'public') return undefined;
  if (!caller) throw new TributaryError('unauthenticated', 'nobody is signed in');
  if (rank(caller.role) < rank(endpoint.access)) {
    throw new TributaryError(
      'forbidden',
      `this needs the role ${endpoint.access}; the caller’s is ${caller.role}`,
    );
  }
  if (endpoint.scope === 'workspace' && caller.kind === 'key') {
    throw new TributaryError(
      'forbidden',
      'this concerns the whole installation; an API key acts in its project only',
    );
  }
  return caller;
}

/** Refuses a project that is not there, or not the key's; a key cannot find out which of the two. */
export async function admitProject(project: unknown, caller: Caller, store: Store): Promise<void> {
  if (caller.kind === 'key' && project !== caller.project) {
    throw new TributaryError('forbidden', 'this API key does not belong to this project');
  }
  if (typeof project !== 'string' || !(await store.projects.get(project))) {
    throw new TributaryError('not-found', `there is no project "${String(project)}"`);
  }
}

function rank(role: Role): number {
  return roles.indexOf(role);
}
