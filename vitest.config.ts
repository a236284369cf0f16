import { defineConfig } from 'vitest/config';

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
/** What is waited for comes in milliseconds here and in seconds on a machine that is busy. */
const patient = { poll: { timeout: 15_000 } };
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'web/**/*.test.ts'],
          exclude: slow,
          // a process per file would cost more than the tests
          pool: 'threads',
          isolate: false,
          testTimeout: 20_000,
          expect: patient,
        },
      },
      { test: { name: 'parts', include: slow, testTimeout: 120_000, hookTimeout: 120_000, expect: patient } },
      {
        test: {
          name: 'end-to-end',
          include: ['test/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          expect: patient,
          // Each file starts whole programs. They wait most of the time, so two at once end sooner than one after the other; three would fight.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          // Clients wait most of the time: for the next try, or an answer.
          maxConcurrency: 10,
        },
      },
    ],
  },
});
