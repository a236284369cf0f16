// `npm test`: everything, on a machine that has nothing but Node and npm. Ends with one line, `N passed, N failed`.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { runGates, runTests } from './gates.mjs';
import { buildInterface, buildTracker, installPackages, run } from './install.mjs';

const debianPackages = {
  chromium: '/usr/bin/chromium',
  'nginx-light': '/usr/sbin/nginx',
  rsyslog: '/usr/sbin/rsyslogd',
};

installPackages({ all: true });
installDebianPackages();
buildInterface();
buildTracker();
const counts = [await runGates(), await runTests(process.argv.slice(2))];
const passed = counts.reduce((sum, one) => sum + one.passed, 0);
const failed = counts.reduce((sum, one) => sum + one.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

/** What the end-to-end tests run beside Tributary, from Debian's packages: a browser, and senders of logs. */
function installDebianPackages() {
  const missing = Object.keys(debianPackages).filter((name) => !existsSync(debianPackages[name]));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    console.error(`The tests need more: run \`apt-get install ${missing.join(' ')}\` as root, then again.`);
    process.exit(1);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  console.log(`Installing ${missing.join(', ')} …`);
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
