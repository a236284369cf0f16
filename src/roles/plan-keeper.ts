import { statSync } from 'node:fs';
import { join } from 'node:path';
import { commandRecord } from '../collect/operator.ts';
import type { Project } from '../contract/endpoints.ts';
import type { PlanSet } from '../contract/plan.ts';
import type { LogWriter } from '../log/log.ts';
import {
  eventOf,
  lookAtPlan,
  type Plan,
  type PlannedEvent,
  planFiles,
  planOfProject,
  planSetOf,
} from '../plan/plan.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Store } from '../store/store.ts';

export interface PlanKeeperOptions {
  /** `schemas` of the workspace; it need not exist. */
  readonly folder: string;
  readonly store: Pick<Store, 'projects' | 'settings'>;
  readonly log: LogWriter;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A plan beyond that is refused: every project's pipeline holds its own. */
const maxKept = 1_000;
const maxPlanBytes = 8 * 2 ** 20;
const pollMs = 2_000;
/** Who gives a command that comes from a file. */
const byFiles = 'schemas';

/**
 * Brings the tracking plan into force: looks at the files now and then, joins them with what was accepted in the interface, and gives the pipeline each
 * project's plan through the log when it is another one than before. One per data folder: the web role.
 */
export class PlanKeeper {
  readonly #options: PlanKeeperOptions;
  #signature = '';
  #plan: Plan = { events: [], problems: [] };
  /** What was made of the kept schemas of a project, and of which text: understanding them again every few seconds would cost. */
  readonly #kepts = new Map<string, { readonly text: string; readonly events: readonly PlannedEvent[] }>();
  /** Of what the plan of a project was made when it was last brought into force. */
  readonly #enforced = new Map<string, string>();
  /** One change at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: PlanKeeperOptions) {
    this.#options = options;
  }

  /** Looks at the files now, and again until the signal is aborted; what fails is tried again the next time. */
  async watch(signal: AbortSignal): Promise<void> {
    const look = (): Promise<void> =>
      this.refresh().catch((error: unknown) => {
        if (signal.aborted) return;
        this.#options.logger.warn('the tracking plan cannot be brought into force now', {
          error: messageOf(error),
        });
      });
    await look();
    const timer = setInterval(() => void look(), pollMs);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** What is wrong with the files, as of the last look. */
  get problems(): Plan['problems'] {
    return this.#plan.problems;
  }

  /** The plan of a project with where each event comes from, as of the last look. */
  async planOf(project: string): Promise<readonly KeptEvent[]> {
    const [found, kept] = await Promise.all([this.#options.store.projects.get(project), this.#kept(project)]);
    if (!found) throw new TributaryError('not-found', `there is no project "${project}"`);
    return planOfProject(this.#plan.events, kept, found).map((event) => ({
      ...event,
      origin: kept.includes(event) ? 'interface' : 'file',
    }));
  }

  /** Looks at the files and sees to it that every project has the plan that it should have. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      this.#look();
      for (const project of await this.#options.store.projects.list()) await this.#enforce(project, byFiles);
    });
  }

  /** Keeps a schema in the program, in the place of the one of the same event, and brings it into force. */
  save(project: string, text: string, by: string): Promise<PlannedEvent> {
    return this.#inTurn(async () => {
      const event = eventOf(text, 'the schema');
      if ('message' in event) throw new TributaryError('bad-request', event.message);
      const key = keyOf(event);
      const taken = planOfProject(this.#plan.events, [], await this.#project(project)).find(
        (one) => keyOf(one) === key,
      );
      if (taken)
        throw new TributaryError(
          'conflict',
          `"${event.name}" is in schemas/${taken.file} already: change the file`,
        );
      const kept = (await this.#kept(project)).filter((one) => keyOf(one) !== key);
      if (kept.length >= maxKept)
        throw new TributaryError('bad-request', `${maxKept} schemas are kept here; put some into files`);
      await this.#keep(project, [...kept, event], by);
      return event;
    });
  }

  remove(project: string, name: string, by: string): Promise<void> {
    return this.#inTurn(async () => {
      const kept = await this.#kept(project);
      const left = kept.filter((event) => event.name !== name);
      if (left.length === kept.length)
        throw new TributaryError(
          'not-found',
          `no schema of "${name}" is kept here; one in a file is removed there`,
        );
      await this.#keep(project, left, by);
    });
  }

  /** Of a project that is deleted: examples in schemas are values of its events. */
  forget(project: string): Promise<void> {
    return this.#inTurn(async () => {
      const { store, log, clock } = this.#options;
      const inForce = await store.settings.get(inForceName(project));
      if (inForce === undefined) return;
      await store.settings.set(keptName(project), '[]');
      await log.append(commandRecord(project, { kind: 'plan', plan: planSetOf([]) }, byFiles, clock.now()));
      this.#kepts.delete(project);
      this.#enforced.delete(project);
    });
  }

  async #keep(project: string, events: readonly PlannedEvent[], by: string): Promise<void> {
    const { store } = this.#options;
    const text = JSON.stringify(events.map(({ schema }) => schema));
    if (text.length > maxPlanBytes) throw new TributaryError('too-large', 'the plan has become too large');
    await store.settings.set(keptName(project), text);
    await this.#enforce(await this.#project(project), by);
  }

  async #kept(project: string): Promise<readonly PlannedEvent[]> {
    const text = (await this.#options.store.settings.get(keptName(project))) ?? '[]';
    const known = this.#kepts.get(project);
    if (known?.text === text) return known.events;
    const events = keptSchemas(text);
    this.#kepts.set(project, { text, events });
    return events;
  }

  async #project(id: string): Promise<Project> {
    const project = await this.#options.store.projects.get(id);
    if (!project) throw new TributaryError('not-found', `there is no project "${id}"`);
    return project;
  }

  /** What was given last is remembered after it is in the log: a crash between the two gives it again, which changes nothing. */
  async #enforce(project: Project, by: string): Promise<void> {
    const kept = await this.#kept(project.id);
    const made = `${project.demo}\0${this.#kepts.get(project.id)?.text}\0${this.#signature}`;
    if (this.#enforced.get(project.id) === made) return;
    const plan = planSetOf(planOfProject(this.#plan.events, kept, project));
    await this.#give(project, plan, by);
    this.#enforced.set(project.id, made);
  }

  async #give(project: Project, plan: PlanSet, by: string): Promise<void> {
    const { store, log, clock, logger } = this.#options;
    const name = inForceName(project.id);
    const inForce = await store.settings.get(name);
    if (inForce === plan.hash || (inForce === undefined && plan.schemas.length === 0)) return;
    await log.append(commandRecord(project.id, { kind: 'plan', plan }, by, clock.now()));
    await store.settings.set(name, plan.hash);
    logger.info('another tracking plan is in force', { project: project.id, schemas: plan.schemas.length });
  }

  #look(): void {
    const { folder, logger } = this.#options;
    const signature = signatureOf(folder);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#plan = withinBounds(lookAtPlan(folder));
    for (const { file, message } of this.#plan.problems)
      logger.warn('a schema of the tracking plan cannot be used', { file, message });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** The first events of a plan that is too large; what is left out is told. */
function withinBounds({ events, problems }: Plan): Plan {
  let size = 0;
  const kept = events.filter(({ schema }) => {
    size += JSON.stringify(schema).length;
    return size <= maxPlanBytes;
  });
  if (kept.length === events.length) return { events, problems };
  const message = `all schemas together have ${size} characters, ${maxPlanBytes} are the most; from here on they are left out`;
  return { events: kept, problems: [...problems, { file: events[kept.length]?.file ?? '', message }] };
}

export type KeptEvent = PlannedEvent & { readonly origin: 'file' | 'interface' };

/** Name of the setting that holds the schemas of a project that were accepted in the interface: a list of schemas. */
export function keptName(project: string): string {
  return `plan-schemas:${project}`;
}

export function keptSchemas(text: string | undefined): PlannedEvent[] {
  const schemas = JSON.parse(text ?? '[]') as readonly unknown[];
  return schemas
    .map((schema) => eventOf(JSON.stringify(schema), ''))
    .filter((event): event is PlannedEvent => !('message' in event));
}

/** Name of the setting that holds the hash of the plan that the pipeline was given last. */
function inForceName(project: string): string {
  return `plan-in-force:${project}`;
}

function keyOf({ name, iglu }: PlannedEvent): string {
  return iglu?.key ?? name;
}

/** Changes when a file does. */
function signatureOf(folder: string): string {
  return planFiles(folder)
    .map((file) => {
      const found = statSync(join(folder, file), { throwIfNoEntry: false });
      return `${file}\0${found?.mtimeMs}\0${found?.size}\0${found?.ino}`;
    })
    .join('\n');
}
