import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Decoded } from '../contract/event.ts';
import type { EnrichBatch } from '../contract/pipeline.ts';
import type { LogRecord } from '../contract/request.ts';
import { openState, type StateStore, stateOfProject, takeOverState } from '../enrich/enrich.ts';
import type { RewindPorts } from '../rewind/rewind.ts';
import { shadowDatabase } from '../rewind/rewind.ts';
import { PipelineGate } from './pipeline-gate.ts';
import type { Places } from './places.ts';
import type { RewindDesk } from './rewind-desk.ts';

export interface RewindParts
  extends Pick<RewindPorts, 'warehouse' | 'log' | 'lake' | 'clock' | 'logger' | 'onSwapStep'> {
  readonly places: Places;
  readonly desk: RewindDesk;
  readonly decoder: () => Promise<(record: LogRecord) => Decoded | Promise<Decoded>>;
  readonly enrichOver: (state: StateStore) => EnrichBatch;
  /** Records that the live pipeline has not done yet. */
  readonly liveLag: () => Promise<number>;
}

/** A lag of fewer records than this is no reason to step back. */
const muchLag = 2_000;

/** Connects rewinding with the files, the store and the pipeline of this program. */
export function rewindPorts(parts: RewindParts): RewindPorts {
  const { places, desk, decoder, enrichOver, liveLag } = parts;
  const gate = new PipelineGate(places);
  const fileOf = (project: string): string => join(places.rewind, `${shadowDatabase(project)}.db`);
  return {
    ...parts,
    decoder: async () => {
      const decode = await decoder();
      return (record) => withoutPast(decode(record));
    },
    enrichOver: (state) => enrichOver(state as StateStore),
    openState: (project) => {
      mkdirSync(places.rewind, { recursive: true, mode: 0o700 });
      return openState(fileOf(project));
    },
    removeState: (project) => {
      for (const end of ['', '-wal', '-shm']) rmSync(`${fileOf(project)}${end}`, { force: true });
    },
    stateOfToday: async (project) => stateOfProject(places.state, project),
    takeOverState: async (project) => takeOverState(places.state, fileOf(project), project),
    liveNext: () => desk.liveNext(),
    pausePipeline: (signal) => gate.pause(signal),
    save: (job) => desk.saveJob(job),
    saveDifference: (project, difference) => desk.saveDifference(project, difference),
    rest: async (elapsed) => {
      const lag = await liveLag();
      // a third of the time for others; two thirds while the live pipeline is behind
      await sleep(lag > muchLag ? 2 * elapsed : elapsed / 2);
    },
  };
}

/** Settings and plans hold as they are today, from the first record on: what they were then is not said again. */
function withoutPast(answer: Decoded | Promise<Decoded>): Decoded | Promise<Decoded> {
  if (answer instanceof Promise) return answer.then(withoutPast);
  if (answer.commands === undefined) return answer;
  return {
    ...answer,
    commands: answer.commands.filter(({ command }) => command.kind !== 'settings' && command.kind !== 'plan'),
  };
}
