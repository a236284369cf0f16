import type { DataHandlers } from '../api/api.ts';
import { commandRecord } from '../collect/operator.ts';
import { type ProjectSettings, projectSettings } from '../contract/project-settings.ts';
import type { LogWriter } from '../log/log.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Store } from '../store/store.ts';

/** What the owner of a project decided; the defaults where that is nothing. */
export async function settingsOf(store: Pick<Store, 'settings'>, project: string): Promise<ProjectSettings> {
  const text = await store.settings.get(nameOf(project));
  return projectSettings.parse(text === undefined ? {} : JSON.parse(text));
}

function nameOf(project: string): string {
  return `project:${project}`;
}

export function projectSettingsHandlers(
  store: Store,
  log: LogWriter,
  clock: Clock,
  changed: (project: string) => void,
): Pick<DataHandlers, 'projectSettings' | 'changeProjectSettings'> {
  return {
    projectSettings: ({ project }) => settingsOf(store, project),
    changeProjectSettings: async ({ project, ...changes }, { caller }) => {
      const known = Object.fromEntries(
        Object.entries(changes).filter(([, section]) => section !== undefined),
      );
      const settings = { ...(await settingsOf(store, project)), ...known };
      const by = caller.kind === 'user' ? caller.user.id : caller.key;
      // The pipeline first: if the store then fails, the caller is told and asks again.
      await log.append(commandRecord(project, { kind: 'settings', settings }, by, clock.now()));
      await store.settings.set(nameOf(project), JSON.stringify(settings));
      changed(project);
      return settings;
    },
  };
}
