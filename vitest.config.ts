import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'web/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'end-to-end',
          include: ['test/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          // Each file starts whole programs; two at once would fight for the two cores.
          fileParallelism: false,
        },
      },
    ],
  },
});
