// `npm test`: everything, on a machine that has nothing but Node and npm. Ends with one line, `N passed, N failed`.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { runGates, runTests } from './gates.mjs';
import { buildInterface, buildTracker, installPackages, run } from './install.mjs';

installPackages({ all: true });
installChromium();
buildInterface();
buildTracker();
const counts = [await runGates(), await runTests(process.argv.slice(2))];
const passed = counts.reduce((sum, one) => sum + one.passed, 0);
const failed = counts.reduce((sum, one) => sum + one.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

/** The browser of the end-to-end tests, from Debian's packages. */
function installChromium() {
  if (existsSync('/usr/bin/chromium')) return;
  if (process.getuid?.() !== 0) {
    console.error('The tests need Chromium: run `apt-get install chromium` as root, then again.');
    process.exit(1);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  console.log('Installing Chromium …');
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
