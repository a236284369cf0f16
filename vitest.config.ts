import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests beside the code that need a real engine, kill processes or simulate months: `npm test` runs them, `npm run check` does not. */
const slow = [
  'src/warehouse/**/*.test.ts',
  'src/analyze/**/*.test.ts',
  'src/model/**/*.test.ts',
  'src/roles/**/*.test.ts',
  'src/log/**/*.test.ts',
  'src/archive/crash.test.ts',
  'src/demo/**/*.test.ts',
  'src/replicate/**/*.test.ts',
  'src/collect/fuzz.test.ts',
  'src/collect/clients.test.ts',
  'src/collect/clients-web-analytics.test.ts',
];
/** Both cores: the default leaves one to the runner, which does nothing. More would fight. */
const workers = { maxWorkers: 2 };
/** What is waited for comes in milliseconds here and in seconds on a machine that is busy. */
const patient = { poll: { timeout: 15_000 } };
/** Files of minutes begin first, or the last one would run alone at the end. */
const long = ['parity.test.ts', 'fuzz.test.ts', 'docs.test.ts', 'crash.test.ts', 'rewind.test.ts'];
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      long.some((name) => moduleId.endsWith(`/${name}`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'web/**/*.test.ts'],
          exclude: slow,
          // a process per file would cost more than the tests
          pool: 'threads',
          isolate: false,
          ...workers,
          testTimeout: 20_000,
          expect: patient,
        },
      },
      {
        test: {
          name: 'parts',
          include: slow,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: patient,
          ...workers,
        },
      },
      {
        test: {
          name: 'end-to-end',
          include: ['test/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          expect: patient,
          ...workers,
          sequence: { groupOrder: 1 },
          // Clients wait most of the time: for the next try, or an answer.
          maxConcurrency: 10,
        },
      },
    ],
  },
});
