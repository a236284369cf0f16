// `npm run check`: types, lint, import table, dead code, unit tests; under a minute.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { installPackages, node, root } from './install.mjs';

installPackages({ all: true });

const tool = (path, ...args) => [node, [join(root, 'node_modules', path), ...args]];
const gates = {
  'types (server)': tool('typescript/bin/tsc', '-p', '.'),
  'types (web)': tool('typescript/bin/tsc', '-p', 'web'),
  format: tool('@biomejs/biome/bin/biome', 'check', '.'),
  lint: tool('oxlint/bin/oxlint', '--type-aware', '.'),
  imports: [node, [join(root, 'scripts/imports.ts')]],
  'dead code': tool('knip/bin/knip.js', '--no-progress'),
};

/** Runs one gate; its output is shown only when it fails. */
function gate(name, [command, args]) {
  return new Promise((resolve) => {
    const started = Date.now();
    const child = spawn(command, args, { cwd: root });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('close', (code) => {
      console.log(`${code === 0 ? '✓' : '✗'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
      if (code !== 0) console.log(output);
      resolve(code === 0);
    });
  });
}

const results = [];
for (const [name, command] of Object.entries(gates)) results.push(await gate(name, command));
const unit = await new Promise((resolve) => {
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'unit', ...process.argv.slice(2)];
  spawn(node, args, { cwd: root, stdio: 'inherit' }).on('close', (code) => resolve(code === 0));
});
const failed = results.filter((ok) => !ok).length + (unit ? 0 : 1);
if (failed > 0) {
  console.error(`${failed} of ${results.length + 1} gates failed.`);
  process.exit(1);
}
