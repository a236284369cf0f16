import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node, root } from './install.mjs';

const tool = (path, ...args) => [node, [join(root, 'node_modules', path), ...args]];
const gates = {
  'types (server)': tool('typescript/bin/tsc', '-p', '.'),
  'types (web)': tool('typescript/bin/tsc', '-p', 'web'),
  'types (browser tracker)': tool('typescript/bin/tsc', '-p', 'trackers/browser'),
  'types (Node tracker)': tool('typescript/bin/tsc', '-p', 'trackers/node'),
  format: tool('@biomejs/biome/bin/biome', 'check', '.'),
  lint: tool('oxlint/bin/oxlint', '--type-aware', '.'),
  imports: [node, [join(root, 'scripts/imports.ts')]],
  'dead code': tool('knip/bin/knip.js', '--no-progress'),
};

/** Types, format, lint, import table and dead code, one after the other. Returns how many passed and failed. */
export async function runGates() {
  const counts = { passed: 0, failed: 0 };
  for (const [name, command] of Object.entries(gates))
    counts[(await gate(name, command)) ? 'passed' : 'failed']++;
  return counts;
}

/** Runs one gate; its output is shown only when it fails. */
function gate(name, [command, args]) {
  return new Promise((resolve) => {
    const started = Date.now();
    const child = spawn(command, args, { cwd: root });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.on('close', (code) => {
      console.log(`${code === 0 ? '✓' : '✗'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
      if (code !== 0) console.log(output);
      resolve(code === 0);
    });
  });
}

/** Runs vitest and returns its counts; a run that ended without a report counts as one failure. */
export async function runTests(args) {
  const report = join(tmpdir(), `tributary-tests-${process.pid}.json`);
  const code = await new Promise((resolve) => {
    const vitest = [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
    ];
    const child = spawn(node, [...vitest, `--outputFile.json=${report}`, ...args], {
      cwd: root,
      stdio: 'inherit',
    });
    child.on('close', resolve);
  });
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    const failed = Math.max(numFailedTests, code === 0 ? 0 : Math.max(1, numFailedTestSuites));
    return { passed: numPassedTests, failed };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(report, { force: true });
  }
}
