/** A PostgreSQL of its own for a test: a new folder, a free port, the settings that replication needs, and hands that kill it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

export interface TestPostgres extends AsyncDisposable {
  readonly port: number;
  /** Of the superuser, for a database that exists. */
  url(database?: string, user?: string): string;
  /** Runs statements as the superuser. */
  run(sql: string, database?: string): Promise<void>;
  /** Rows with every value as text. */
  rows(sql: string, database?: string): Promise<Record<string, string | null>[]>;
  connect(database?: string): Promise<pg.Client>;
  /** Loads a dump with psql. */
  load(file: string, database?: string): void;
  /** As if the machine lost power, without losing what the disk has. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Settings as `name=value`. */
export async function startPostgres(settings: readonly string[] = []): Promise<TestPostgres> {
  const server = new Server(await freePort(), settings);
  server.initialize();
  await server.start();
  return server;
}

class Server implements TestPostgres {
  readonly port: number;
  readonly #settings: readonly string[];
  readonly #binaries = findBinaries();
  readonly #folder = mkdtempSync(join(tmpdir(), 'tributary-postgres-'));
  readonly #clients = new Map<string, Promise<pg.Client>>();
  #child: ChildProcess | undefined;

  constructor(port: number, settings: readonly string[]) {
    this.port = port;
    this.#settings = settings;
  }

  initialize(): void {
    chmodSync(this.#folder, 0o755);
    if (isRoot) execFileSync('chown', ['postgres', this.#folder]);
    const args = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
    execFileSync(...this.#command('initdb', ['-D', this.#data, ...args]), { stdio: 'ignore' });
  }

  url(database = 'postgres', user = 'postgres'): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`;
  }

  async connect(database = 'postgres'): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url(database) });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  async run(sql: string, database = 'postgres'): Promise<void> {
    await (await this.#shared(database)).query(sql);
  }

  async rows(sql: string, database = 'postgres'): Promise<Record<string, string | null>[]> {
    const asText = { getTypeParser: () => String };
    const answer = await (await this.#shared(database)).query({ text: sql, types: asText });
    return answer.rows as Record<string, string | null>[];
  }

  load(file: string, database = 'postgres'): void {
    const args = ['-q', '-X', '-d', this.url(database), '-f', file];
    execFileSync(join(this.#binaries, 'psql'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }

  async start(): Promise<void> {
    const settings = [...usualSettings, ...this.#settings].flatMap((setting) => ['-c', setting]);
    const args = ['-D', this.#data, '-p', String(this.port), ...settings];
    for (let attempt = 0; ; attempt++) {
      let output = '';
      const child = spawn(...this.#command('postgres', args), { stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
      this.#child = child;
      const ended = new Promise<boolean>((resolve) => child.once('exit', () => resolve(false)));
      if (await Promise.race([untilAnswers(() => this.connect()), ended])) return;
      // the processes of one that was killed are still ending
      if (attempt >= 50) throw new Error(`PostgreSQL did not start:\n${output}`);
      await sleep(100);
    }
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) await (await client).end().catch(() => {});
    await this.#end('SIGQUIT');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  /** postgres refuses to run as root. */
  #command(name: string, args: readonly string[]): [string, string[]] {
    const path = join(this.#binaries, name);
    if (!isRoot) return [path, [...args]];
    return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--', path, ...args]];
  }

  #shared(database: string): Promise<pg.Client> {
    const known = this.#clients.get(database) ?? this.connect(database);
    this.#clients.set(database, known);
    return known;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#clients.clear();
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}

const isRoot = process.getuid?.() === 0;
const usualSettings = [
  'wal_level=logical',
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=40',
  'shared_buffers=64MB',
  'fsync=off',
  'logging_collector=off',
];

async function untilAnswers(connect: () => Promise<pg.Client>): Promise<boolean> {
  for (let round = 0; round < 600; round++) {
    const client = await connect().catch(() => undefined);
    if (client) {
      await client.end();
      return true;
    }
    await sleep(50);
  }
  return false;
}

/** Debian keeps each version in a folder of its own. */
function findBinaries(): string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')));
  if (!found)
    throw new Error('PostgreSQL is not installed: `npm test` installs it, or apt-get install postgresql');
  return found;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
