import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';

export const main = join(import.meta.dirname, '../src/main.ts');
export const adminEmail = 'admin@example.test';
export const adminPassword = 'correct horse battery';
export const writeKey = 'wk_end_to_end_tests';
export const readerPassword = 'reader of the tests';

export type RoleName = 'web' | 'process' | 'warehouse';

/** The whole program as a user runs it: own ports, own data folder, real processes. */
export interface Program extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly warehousePort: number;
  readonly data: string;
  /** Everything it printed so far. */
  output(): string;
  /** Pids of a role's processes. */
  pids(role: RoleName | 'archive' | 'replicate'): number[];
  alive(): boolean;
  reader(): ClickHouseClient;
  /** Rows of a query as the read-only user. */
  rows<T>(sql: string, params?: Record<string, unknown>): Promise<T[]>;
  /** An API call as the administrator. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Waits until `sql` (one number) is at least `count`; rejects after `seconds`. */
  until(sql: string, count: number, seconds?: number): Promise<number>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface StartOptions {
  readonly data?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly port?: number;
  readonly warehousePort?: number;
}

export async function startProgram(options: StartOptions = {}): Promise<Program> {
  const port = options.port ?? (await freePort());
  const warehousePort = options.warehousePort ?? (await freePort());
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'tributary-test-'));
  const args = [
    'start',
    `--port=${port}`,
    `--warehouse-port=${warehousePort}`,
    `--data=${data}`,
    ...(options.args ?? ['--no-demo']),
  ];
  const env = {
    ...process.env,
    // as the launcher does
    NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/node'),
    TRIBUTARY_WRITE_KEY: writeKey,
    TRIBUTARY_ADMIN_EMAIL: adminEmail,
    TRIBUTARY_ADMIN_PASSWORD: adminPassword,
    TRIBUTARY_READER_PASSWORD: readerPassword,
    ...options.env,
  };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(url, child, () => output);
  let reader: ClickHouseClient | undefined;
  let cookie: string | undefined;

  const program: Program = {
    url,
    port,
    warehousePort,
    data,
    output: () => output,
    pids: (role) => rolePids(child.pid ?? 0, role),
    alive: () => child.exitCode === null && child.signalCode === null,
    reader: () => {
      reader ??= createClient({
        url: `http://127.0.0.1:${warehousePort}`,
        username: 'reader',
        password: readerPassword,
        // a warehouse that is down is what some tests are about
        log: { level: ClickHouseLogLevel.OFF },
      });
      return reader;
    },
    rows: async <T>(sql: string, params: Record<string, unknown> = {}) => {
      const answer = await program
        .reader()
        .query({ query: sql, format: 'JSONEachRow', query_params: params });
      return answer.json<T>();
    },
    call: async (method, path, body) => {
      cookie ??= await signIn(url);
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          cookie,
          origin: url,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return answer.json() as never;
    },
    until: async (sql, count, seconds = 30) => {
      const deadline = Date.now() + seconds * 1_000;
      let seen = -1;
      let trouble = '';
      while (Date.now() < deadline) {
        try {
          const [row] = await program.rows<Record<string, number>>(sql);
          seen = Number(Object.values(row ?? {})[0] ?? 0);
          if (seen >= count) return seen;
        } catch (error) {
          trouble = String(error);
        }
        await sleep(50);
      }
      throw new Error(
        `${sql} is ${seen} after ${seconds} s, expected ${count}${trouble ? `; last error: ${trouble}` : ''}\n${output.slice(-3_000)}`,
      );
    },
    stop: async (signal = 'SIGTERM') => {
      await reader?.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
    },
    [Symbol.asyncDispose]: async () => {
      await program.stop();
      if (!options.data) rmSync(data, { recursive: true, force: true });
    },
  };
  return program;
}

async function untilHealthy(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`tributary ended with ${child.exitCode}:\n${output()}`);
    const answer = await fetch(`${url}/api/health`).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    if (answer?.ok) return;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`tributary was not ready in time:\n${output()}`);
}

async function signIn(url: string): Promise<string> {
  const answer = await fetch(`${url}/api/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email: adminEmail, password: adminPassword }),
  });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  if (!cookie) throw new Error(`sign-in failed: ${answer.status} ${await answer.text()}`);
  return cookie;
}

/** Looks through /proc for the children of the supervisor, by the words of their command line. */
function rolePids(supervisor: number, role: RoleName | 'archive' | 'replicate'): number[] {
  const wanted = role === 'warehouse' ? 'engine/host.ts' : `main.ts\0${role}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
        return parent === supervisor && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(wanted);
      } catch {
        return false;
      }
    });
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** `count` Segment track events in one batch, ids `<prefix>-0`, `<prefix>-1`, … */
export function batchOf(prefix: string, count: number, more: Record<string, unknown> = {}): string {
  const sentAt = new Date().toISOString();
  const batch = Array.from({ length: count }, (_, index) => ({
    type: 'track',
    event: 'Tested',
    messageId: `${prefix}-${index}`,
    userId: `user-${index % 7}`,
    timestamp: sentAt,
    properties: { index },
    ...more,
  }));
  return JSON.stringify({ batch, sentAt, writeKey });
}

export function post(
  url: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${btoa(`${writeKey}:`)}`,
      ...headers,
    },
  });
}
