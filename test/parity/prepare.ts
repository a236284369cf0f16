import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const sources = join(import.meta.dirname, 'clients');
const cache = join(import.meta.dirname, '../../node_modules/.cache/parity');

/** Where the prepared clients of each language are. */
export interface Prepared {
  /** The interpreter that has the packages. */
  readonly python: string;
  /** Folder with one executable per Go client. */
  readonly go: string;
  /** The class path with all Java clients and what they need. */
  readonly classPath: string;
}

/** Installs and compiles what the clients need that do not come from npm, unless that was done for these sources. */
export function prepareClients(): Prepared {
  const python = once('python', ['requirements.txt'], (folder) => {
    // a virtual environment knows its own path, so it is made where it stays
    run('python3', ['-m', 'venv', folder], sources);
    run(join(folder, 'bin/pip'), ['install', '--quiet', '-r', 'requirements.txt'], join(sources, 'python'));
  });
  const go = once('go', ['go.mod', 'go.sum', ...named('go', '.go')], (folder) => {
    run('go', ['build', '-o', `${folder}/`, './...'], join(sources, 'go'));
  });
  const java = once('java', ['pom.xml', ...named('java', '.java')], (folder) => {
    cpSync(join(sources, 'java'), folder, { recursive: true });
    const goals = ['compile', 'dependency:build-classpath', '-Dmdep.outputFile=class-path.txt'];
    run('mvn', ['--batch-mode', '--quiet', ...goals], folder);
  });
  const dependencies = readFileSync(join(java, 'class-path.txt'), 'utf8').trim();
  return {
    python: join(python, 'bin/python'),
    go,
    classPath: `${join(java, 'target/classes')}:${dependencies}`,
  };
}

function named(language: string, ending: string): string[] {
  const all = readdirSync(join(sources, language), { recursive: true, encoding: 'utf8' });
  return all.filter((path) => path.endsWith(ending)).sort();
}

/** The folder of these sources' result; `make` fills it when it is not there, and a failure leaves nothing behind. */
function once(language: string, files: readonly string[], make: (folder: string) => void): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(sources, language, file)));
  const folder = join(cache, `${language}-${hash.digest('hex').slice(0, 16)}`);
  const done = join(folder, '.done');
  if (existsSync(done)) return folder;
  const earlier = existsSync(cache)
    ? readdirSync(cache).filter((name) => name.startsWith(`${language}-`))
    : [];
  for (const name of earlier) rmSync(join(cache, name), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  make(folder);
  mkdirSync(done);
  return folder;
}

function run(command: string, args: readonly string[], cwd: string): void {
  try {
    execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const said = `${stdout}${stderr}`.trim() || String(error);
    throw new Error(`${command} ${args.join(' ')} failed, which the clients in ${cwd} need:\n${said}`);
  }
}

if (import.meta.main) prepareClients();
