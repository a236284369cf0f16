// `npm test`: everything, on a machine that has nothing but Node and npm. Ends with one line, `N passed, N failed`.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { runGates, runTests } from './gates.mjs';
import { buildInterface, buildTracker, installPackages, node, run } from './install.mjs';

/** Packages of Debian, and how it is known that what they bring is there, from wherever it came. */
const debianPackages = {
  chromium: () => existsSync('/usr/bin/chromium'),
  'nginx-light': () => existsSync('/usr/sbin/nginx'),
  rsyslog: () => existsSync('/usr/sbin/rsyslogd'),
  // where the tests look for it
  postgresql: () => postgresFolders().some((folder) => existsSync(`${folder}/initdb`)),
  // the languages of the client libraries
  'python3-venv': () => works('python3', '-c', 'import ensurepip, venv'),
  'golang-go': () => works('go', 'version'),
  'default-jdk-headless': () => works('javac', '-version'),
  maven: () => works('mvn', '-version'),
};

installPackages({ all: true });
installDebianPackages();
prepareClients();
buildInterface();
buildTracker();
const counts = [await runGates(), await runTests(process.argv.slice(2))];
const passed = counts.reduce((sum, one) => sum + one.passed, 0);
const failed = counts.reduce((sum, one) => sum + one.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

/** What the end-to-end tests run beside Tributary, from Debian's packages: a browser, senders of logs, languages. */
function installDebianPackages() {
  const missing = Object.keys(debianPackages).filter((name) => !debianPackages[name]());
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

/** Debian keeps each version in a folder of its own. */
function postgresFolders() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  return [...versions.map((version) => `${debian}/${version}/bin`), '/usr/local/bin', '/opt/homebrew/bin'];
}

function works(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Client libraries that do not come from npm, installed and compiled once. */
function prepareClients() {
  run(node, ['--disable-warning=ExperimentalWarning', 'test/parity/prepare.ts']);
}
