import type { ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flat, logs, run } from './log-senders.ts';
import { freePort, main, type Program, startProgram, writeKey } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'tributary-tail-'));
let program: Program;

beforeAll(async () => {
  program = await startProgram();
});
afterAll(async () => {
  await program?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function tailing(words: readonly string[]): ChildProcess {
  const args = ['--disable-warning=ExperimentalWarning', main, 'tail', ...words];
  return run(process.execPath, [...args, `--to=${program.url}`, `--data=${join(folder, 'tail')}`], {
    TRIBUTARY_WRITE_KEY: writeKey,
  });
}

async function listens(port: number): Promise<void> {
  const tried = () =>
    new Promise((resolve) => {
      const probe = connect(port, '127.0.0.1');
      probe
        .on('error', () => resolve(false))
        .on('connect', () => {
          probe.destroy();
          resolve(true);
        });
    });
  await expect.poll(tried, { timeout: 15_000 }).toBe(true);
}

/** nginx on a free port, with its logs in `where`. */
async function nginx(where: string): Promise<{ readonly port: number; readonly child: ChildProcess }> {
  const port = await freePort();
  mkdirSync(where, { recursive: true });
  const configuration = `
    worker_processes 1; daemon off; pid ${where}/nginx.pid; error_log ${where}/error.log info; user root;
    events { worker_connections 64; }
    http {
      access_log ${where}/access.log combined;
      client_body_temp_path ${where}/body; proxy_temp_path ${where}/proxy; fastcgi_temp_path ${where}/fastcgi;
      uwsgi_temp_path ${where}/uwsgi; scgi_temp_path ${where}/scgi;
      server { listen 127.0.0.1:${port}; location = /i { empty_gif; } location = /gone { return 410; } location / { return 200 "ok"; } }
    }`;
  writeFileSync(join(where, 'nginx.conf'), configuration);
  const child = run('/usr/sbin/nginx', [
    '-c',
    join(where, 'nginx.conf'),
    '-p',
    where,
    '-e',
    join(where, 'error.log'),
  ]);
  await listens(port);
  return { port, child };
}

function get(port: number, path: string, headers: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, headers }, (answer) => {
      answer.resume().once('end', resolve);
    })
      .on('error', reject)
      .end();
  });
}

test('nginx’s access log: requests are logs, Snowplow’s pixel requests are events, rotation loses nothing', async () => {
  const where = mkdtempSync(join(folder, 'nginx-'));
  const { port, child } = await nginx(where);
  const follower = tailing([join(where, '*.log'), '--service=nginx', '--from-start']);
  let said = '';
  follower.stderr?.on('data', (chunk) => (said += chunk));
  const agent = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0' };
  await get(port, '/hello?q=1', { ...agent, referer: 'https://e.example/' });
  await get(port, '/gone', { 'user-agent': 'curl "quoted"' });
  await get(
    port,
    '/i?e=pv&url=https%3A%2F%2Fe.example%2Fp&eid=5f0c6b1e-0000-4000-8000-000000000001&duid=d-nginx&p=web&tv=js-3.0.0',
    agent,
  );
  const rows = await logs(program, `service = 'nginx' AND stream LIKE '%access.log'`, 2).catch(
    (error: unknown) => {
      throw new Error(`${String(error)}\n${said}`);
    },
  );
  const seen = rows.map(({ attributes, severity }) => `${String(flat(attributes)['url.path'])} ${severity}`);
  expect(seen.toSorted()).toEqual(['/gone 13', '/hello 9']);
  await program.until(
    `SELECT count() FROM tributary.events WHERE anonymous_id = 'd-nginx' AND event = 'page' AND browser = 'Firefox'`,
    1,
  );

  // as logrotate does: rename, then tell nginx to open its logs again
  renameSync(join(where, 'access.log'), join(where, 'access.log.1'));
  await get(port, '/late');
  child.kill('SIGUSR1');
  await expect
    .poll(
      async () => {
        await get(port, '/fresh');
        return (
          await program.rows(
            `SELECT body FROM tributary.logs WHERE service = 'nginx' AND body LIKE '%/fresh%'`,
          )
        ).length;
      },
      { timeout: 20_000, interval: 300 },
    )
    .toBeGreaterThan(1);
  await logs(program, `service = 'nginx' AND body LIKE '%/late%'`, 1);
});

test('every line exactly once, through rotations, kill -9 of tail and kill -9 of the web process', async () => {
  const where = mkdtempSync(join(folder, 'crash-'));
  const file = join(where, 'app.log');
  writeFileSync(file, '');
  let written = 0;
  const write = (count: number): void => {
    for (let index = 0; index < count; index++) {
      const line = `line=${written++} service=crash ${'x'.repeat(Math.floor(Math.random() * 300))}`;
      // in pieces, as a program does whose buffer is full
      const at = Math.floor(Math.random() * line.length);
      appendFileSync(file, line.slice(0, at));
      appendFileSync(file, `${line.slice(at)}\n`);
    }
  };
  let said = '';
  const follow = (): ChildProcess => {
    const child = tailing([`${file}*`, '--service=crash', '--from-start']);
    child.stderr?.on('data', (chunk) => (said += chunk));
    return child;
  };
  let follower = follow();
  for (let round = 0; round < 12; round++) {
    write(400);
    if (round % 4 === 1) renameSync(file, `${file}.${round}`);
    if (round % 4 === 3) {
      copyFileSync(file, `${file}.${round}`);
      truncateSync(file);
    }
    write(200);
    if (round % 3 === 2) {
      const old = follower;
      const ended = new Promise((resolve) => old.once('exit', resolve));
      old.kill('SIGKILL');
      await ended;
      write(200);
      follower = follow();
    }
    if (round % 5 === 4) for (const pid of program.pids('web')) process.kill(pid, 'SIGKILL');
    // the pace of the writer, so that tail is met at all sorts of moments
    await sleep(400);
  }
  await program
    .until(
      `SELECT uniqExact(toUInt64OrZero(extract(body, 'line=(\\\\d+)'))) FROM tributary.logs WHERE service = 'crash'`,
      written,
      60,
    )
    .catch((error: unknown) => {
      throw new Error(`${String(error)}\n${said}`);
    });
  const [row] = await program.rows<{ lines: string; different: string }>(
    `SELECT count() AS lines, uniqExact(toUInt64OrZero(extract(body, 'line=(\\\\d+)'))) AS different FROM tributary.logs WHERE service = 'crash'`,
  );
  expect([Number(row?.lines), Number(row?.different)]).toEqual([written, written]);
});
