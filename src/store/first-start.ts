import { randomBytes } from 'node:crypto';
import type { Project, User } from '../contract/endpoints.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { Store } from './store.ts';

export interface FirstStartOptions {
  /** Empty text means not given, as in the configuration. */
  readonly adminEmail: string;
  readonly adminPassword: string;
  readonly writeKey: string;
  /** Also create the project of the demo product. */
  readonly demo: boolean;
}

/** What the terminal shows at a start. */
export interface StartFacts {
  /** Whether this start created the first user and project. */
  readonly first: boolean;
  /** The oldest administrator, whom the link signs in. */
  readonly email: string;
  /** Only when it was generated just now; it is shown this once. */
  readonly password: string | undefined;
  /** For `/sign-in?token=…`: once, within the hour. */
  readonly signInToken: string;
  /** The first product's project, undefined when all were deleted. */
  readonly product: StartProject | undefined;
  readonly demo: StartProject | undefined;
}

export interface StartProject {
  readonly project: string;
  /** Its oldest write key for trackers; undefined when all were revoked. */
  readonly writeKey: string | undefined;
}

const done = 'first-start';

/**
 * Makes a new installation usable: an administrator, a project `main` with a write key, the demo's project on request.
 * Later starts create nothing, whatever the options say. Safe to repeat after a crash in the middle.
 */
export async function ensureFirstStart(store: Store, options: FirstStartOptions): Promise<StartFacts> {
  const first = (await store.settings.get(done)) === undefined;
  let password: string | undefined;
  if (first) {
    check(options);
    password = await ensureAdmin(store, options);
    await ensureProject(store, 'main', 'My product', false, options.writeKey);
    if (options.demo) await ensureProject(store, 'demo', 'Demo: Meetnotes', true, '');
    await store.settings.set(done, 'done');
  }
  const admin = await oldestAdmin(store);
  const projects = await store.projects.list();
  return {
    first,
    email: admin.email,
    password,
    signInToken: await store.links.create(admin.id, 'start'),
    product: await withKey(
      store,
      projects.find((project) => !project.demo),
    ),
    demo: await withKey(
      store,
      projects.find((project) => project.demo),
    ),
  };
}

function check({ adminPassword, writeKey }: FirstStartOptions): void {
  if (adminPassword !== '' && adminPassword.length < 10) {
    throw new TributaryError('config-invalid', 'option "admin-password": at least 10 characters');
  }
  if (writeKey !== '' && !/^[\w.-]{8,100}$/.test(writeKey)) {
    throw new TributaryError(
      'config-invalid',
      'option "write-key": 8 to 100 letters, digits, dots, hyphens or underscores',
    );
  }
}

/** Returns the password when it had to be generated. */
async function ensureAdmin(
  store: Store,
  { adminEmail, adminPassword }: FirstStartOptions,
): Promise<string | undefined> {
  const generated = adminPassword === '' ? randomBytes(12).toString('base64url') : undefined;
  const [existing] = await store.users.list();
  if (existing) {
    // a start that died in between may have shown nothing: what it generated is unknown to everybody
    await store.users.setPassword(existing.id, generated ?? adminPassword);
    return generated;
  }
  await store.users.create({
    email: adminEmail === '' ? 'admin@localhost' : adminEmail,
    name: 'Administrator',
    role: 'admin',
    password: generated ?? adminPassword,
  });
  return generated;
}

async function ensureProject(
  store: Store,
  id: string,
  name: string,
  demo: boolean,
  writeKey: string,
): Promise<void> {
  if (!(await store.projects.get(id))) await store.projects.create({ id, name, timezone: 'UTC', demo });
  const keys = await store.keys.list(id);
  if (keys.length > 0) return;
  await store.keys.create({
    project: id,
    kind: 'write',
    name: 'First source',
    ...(writeKey === '' ? {} : { value: writeKey }),
  });
}

async function oldestAdmin(store: Store): Promise<User> {
  const admin = (await store.users.list()).find((user) => user.role === 'admin');
  if (!admin) throw new TributaryError('internal', 'the store has no administrator');
  return admin;
}

async function withKey(store: Store, project: Project | undefined): Promise<StartProject | undefined> {
  if (!project) return undefined;
  const tracker = (await store.keys.sources(project.id)).find(({ door }) => door === 'tracker');
  return { project: project.id, writeKey: tracker?.key };
}
