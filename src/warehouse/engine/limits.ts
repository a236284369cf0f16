import { availableParallelism, totalmem } from 'node:os';

export type Access = 'full' | 'read';

export interface AccessLimits {
  /** Queries that run at the same time; the next ones wait. */
  readonly running: number;
  /** Seconds that one query may take. */
  readonly seconds: number;
  /** Bytes that one query may hold; GROUP BY and ORDER BY go to disk from half of it. */
  readonly memory: number;
  /** Bytes of an uncompressed result; 0 is no limit. */
  readonly resultBytes: number;
}

export interface Limits {
  readonly full: AccessLimits;
  readonly read: AccessLimits;
  /** Queries that wait beside the running ones, per access; the next one is refused with code 202. */
  readonly waiting: number;
  /** Seconds in the queue before code 202. */
  readonly waitSeconds: number;
  /** Bytes of one decompressed request body. */
  readonly bodyBytes: number;
  /** Bytes that all queries together may hold. */
  readonly serverMemory: number;
}

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

export type LimitOverrides = Partial<Omit<Limits, Access>> & {
  full?: Partial<AccessLimits>;
  read?: Partial<AccessLimits>;
};

export function limitsFor(overrides: LimitOverrides = {}, memory: number = machineMemory()): Limits {
  const running = Math.max(4, availableParallelism() * 2);
  const base: Limits = {
    full: { running: running * 2, seconds: 600, memory: Math.min(memory * 0.6, 64 * GiB), resultBytes: 0 },
    read: {
      running: Math.min(8, running * 2),
      seconds: 60,
      memory: Math.min(memory * 0.4, 16 * GiB),
      resultBytes: GiB,
    },
    waiting: 200,
    waitSeconds: 30,
    bodyBytes: Math.max(256 * MiB, Math.min(memory * 0.25, 4 * GiB)),
    serverMemory: memory * 0.75,
  };
  return {
    ...base,
    ...overrides,
    full: { ...base.full, ...overrides.full },
    read: { ...base.read, ...overrides.read },
  };
}

/** Bytes of memory there are for us: of the container where there is one, else of the machine. */
function machineMemory(): number {
  const container = process.constrainedMemory();
  return container > 0 ? Math.min(container, totalmem()) : totalmem();
}
