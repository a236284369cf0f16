import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

/** A file of the script tag, for browsers since 2018: `t` from script.ts, `t-more` (mode `more`) from script-more.ts. */
export default defineConfig(({ mode }) => ({
  root: here,
  build: {
    outDir: 'dist',
    emptyOutDir: false,
    target: 'es2018',
    lib: {
      entry: mode === 'more' ? 'script-more.ts' : 'script.ts',
      name: 'tributaryTracker',
      formats: ['iife'],
      fileName: () => (mode === 'more' ? 't-more.js' : 't.js'),
    },
    rolldownOptions: { output: { exports: 'none' } },
  },
}));
