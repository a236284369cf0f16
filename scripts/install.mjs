// Plain JavaScript for Node >= 20: this runs before anything is installed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
/** Node 24 from the npm package of that name: the server needs its type stripping and SQLite, whatever the machine has. */
export const node = join(root, 'node_modules/node/bin/node');

/** Where Node keeps compiled code between starts; goes with the packages. */
export const compileCache = join(root, 'node_modules/.cache/node');

/** Installs npm packages when they are missing or the lock file changed. `all` includes what only tests need. */
export function installPackages({ all: asked }) {
  // who has the tests' packages keeps them
  const all = asked || existsSync(join(root, 'node_modules/vitest'));
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 20) fail(`Node ${process.versions.node} is too old; install Node 20 or newer.`);
  const stamp = join(root, 'node_modules/.tributary');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const have = existsSync(stamp) ? readFileSync(stamp, 'utf8').split(' ') : [];
  if (have[0] === lock && (have[1] === 'all' || !all)) return;
  console.log('Installing packages (about half a minute, once) …');
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...(all ? [] : ['--omit=dev'])];
  run('npm', args);
  writeFileSync(stamp, `${lock} ${all ? 'all' : 'start'}`);
}

/** Builds the interface when it is missing or older than its sources. */
export function buildInterface() {
  const built = join(root, 'web/dist/index.html');
  if (existsSync(built) && statSync(built).mtimeMs > newest([join(root, 'web'), join(root, 'src/contract')]))
    return;
  console.log('Building the interface (a few seconds, once) …');
  run(node, [join(root, 'node_modules/vite/bin/vite.js'), 'build', 'web', '--logLevel', 'warn']);
}

/** Builds the script tag's two files when they are missing or older than their sources. */
export function buildTracker() {
  const folder = join(root, 'trackers/browser');
  const built = join(folder, 'dist/t-more.js');
  if (existsSync(built) && statSync(built).mtimeMs > newest([folder])) return;
  for (const mode of ['script', 'more'])
    run(node, [
      join(root, 'node_modules/vite/bin/vite.js'),
      'build',
      folder,
      '--mode',
      mode,
      '--logLevel',
      'warn',
    ]);
}

export function run(command, args, options = {}) {
  try {
    execFileSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  } catch (error) {
    fail(
      `\`${[command, ...args].join(' ')}\` failed${error.status ? ` with exit code ${error.status}` : `: ${error.message}`}.`,
    );
  }
}

function newest(folders) {
  let latest = 0;
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      if (entry.isFile() && !path.includes('/dist/')) latest = Math.max(latest, statSync(path).mtimeMs);
    }
  }
  return latest;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
