import { TributaryError } from '../../runtime/errors.ts';
import type { Store } from '../../store/store.ts';
import type { AccountHandlers } from '../handler.ts';

type ProjectHandlers = Pick<
  AccountHandlers,
  'listProjects' | 'createProject' | 'updateProject' | 'deleteProject'
>;

export function projectHandlers(
  store: Store,
  deleteEvents: (project: string) => Promise<void>,
): ProjectHandlers {
  return {
    listProjects: async (_input, { caller }) => {
      const projects = await store.projects.list();
      return {
        projects: caller.kind === 'key' ? projects.filter((one) => one.id === caller.project) : projects,
      };
    },

    createProject: async ({ name, timezone }) => {
      checkTimezone(timezone);
      const project = await store.projects.create({ name, timezone });
      const { secret } = await store.keys.create({
        project: project.id,
        kind: 'write',
        name: 'First source',
      });
      return { project, writeKey: secret };
    },

    updateProject: async ({ project, name, timezone }) => {
      if (timezone !== undefined) checkTimezone(timezone);
      return store.projects.update(project, {
        ...(name === undefined ? {} : { name }),
        ...(timezone === undefined ? {} : { timezone }),
      });
    },

    deleteProject: async ({ project }) => {
      // nothing comes in any more, then the events go, then the name: a failure in between can be tried again
      await store.keys.revokeAll(project);
      await deleteEvents(project);
      await store.projects.delete(project);
      return { ok: true };
    },
  };
}

/** Names of the IANA database only: the warehouse knows no offsets such as +02:00. */
function checkTimezone(timezone: string): void {
  try {
    if (/^[A-Za-z]/.test(timezone)) {
      new Intl.DateTimeFormat('en', { timeZone: timezone });
      return;
    }
  } catch {
    // said below
  }
  throw new TributaryError(
    'bad-request',
    `"timezone": there is no time zone "${timezone}"; an example is Europe/Berlin`,
  );
}
