import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Config } from '../config.ts';
import { localUrl, placesOf, publicUrl, readSecrets, warehouseUrl } from '../roles/places.ts';
import { messageOf } from '../runtime/errors.ts';
import { connect } from '../warehouse/warehouse.ts';
import type { CommandContext } from './command.ts';

type Verdict = 'ok' | 'warn' | 'wrong';

interface Finding {
  readonly verdict: Verdict;
  readonly about: string;
  readonly says: string;
  /** What to do; absent when all is well. */
  readonly remedy?: string;
}

const gigabyte = 1024 ** 3;
const mark: Record<Verdict, string> = { ok: '✓', warn: '!', wrong: '✗' };

/** Looks at everything that commonly goes wrong and says it in words. Exit code 1 when something must be mended. */
export async function doctor({ config }: CommandContext): Promise<number> {
  const running = await askHealth(config);
  const findings = [
    version(),
    machine(),
    memory(),
    folder(config),
    disk(config),
    secretsFile(config),
    ...databases(config),
    interfaceBuilt(),
    running.finding,
    ...(running.up ? [await warehouse(config)] : await ports(config)),
  ];
  for (const { verdict, about, says, remedy } of findings) {
    process.stdout.write(
      `${mark[verdict]} ${about.padEnd(14)} ${says}\n${remedy ? `${' '.repeat(17)}→ ${remedy}\n` : ''}`,
    );
  }
  const wrong = findings.filter((finding) => finding.verdict === 'wrong').length;
  process.stdout.write(wrong > 0 ? `\n${wrong} to mend.\n` : '\nNothing is wrong.\n');
  return wrong > 0 ? 1 : 0;
}

function version(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  const about = 'Node';
  if (major >= 24) return { verdict: 'ok', about, says: process.versions.node };
  return {
    verdict: 'wrong',
    about,
    says: `${process.versions.node} is too old`,
    remedy: 'start through `npm start`, which brings Node 24 along',
  };
}

function machine(): Finding {
  const about = 'Engine';
  try {
    const { version: read } = createRequire(import.meta.url)('chdb') as {
      version: () => { libchdb: string };
    };
    return {
      verdict: 'ok',
      about,
      says: `ClickHouse ${read().libchdb.replaceAll('"', '')} (embedded), ${availableParallelism()} cores, ${process.platform}-${process.arch}`,
    };
  } catch (error) {
    const remedy =
      'embedded ClickHouse needs Linux (glibc) or macOS on x64 or arm64; delete node_modules and run `npm start` again';
    return { verdict: 'wrong', about, says: `the engine does not load: ${messageOf(error)}`, remedy };
  }
}

function memory(): Finding {
  const about = 'Memory';
  const total = totalmem();
  const says = `${(total / gigabyte).toFixed(1)} GB, ${(freemem() / gigabyte).toFixed(1)} GB free`;
  if (total < 1.5 * gigabyte)
    return {
      verdict: 'warn',
      about,
      says,
      remedy: 'heavy queries may be refused below 2 GB; they end with an error, not with the process',
    };
  return { verdict: 'ok', about, says };
}

function folder(config: Config): Finding {
  const about = 'Data folder';
  const there = existsSync(config.data);
  try {
    // looking makes nothing: what the start would make it in must be writable then
    accessSync(there ? config.data : nearest(config.data), constants.R_OK | constants.W_OK | constants.X_OK);
    return { verdict: 'ok', about, says: there ? config.data : `${config.data}; the first start makes it` };
  } catch (error) {
    return {
      verdict: 'wrong',
      about,
      says: `${config.data}: ${messageOf(error)}`,
      remedy: 'make it writable for this user, or choose another with --data',
    };
  }
}

/** The folder itself, or the first one above it that is there. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

function disk(config: Config): Finding {
  const about = 'Disk';
  const { bavail, bsize, blocks } = statfsSync(nearest(config.data));
  const free = bavail * bsize;
  const says = `${(free / gigabyte).toFixed(1)} GB free of ${((blocks * bsize) / gigabyte).toFixed(1)} GB`;
  if (free < 0.2 * gigabyte)
    return {
      verdict: 'wrong',
      about,
      says,
      remedy: 'free some space: the collector answers 503 until there is room',
    };
  if (free < 2 * gigabyte)
    return { verdict: 'warn', about, says, remedy: 'free some space soon, or lower --log-days' };
  return { verdict: 'ok', about, says };
}

function secretsFile(config: Config): Finding {
  const about = 'Secrets';
  const { secrets } = placesOf(config);
  if (!existsSync(secrets)) return { verdict: 'ok', about, says: 'none yet; the first start makes them' };
  const mode = statSync(secrets).mode & 0o777;
  if (mode & 0o077)
    return {
      verdict: 'wrong',
      about,
      says: `${secrets} can be read by others (mode ${mode.toString(8)})`,
      remedy: `chmod 600 ${secrets}`,
    };
  return { verdict: 'ok', about, says: 'readable only by their owner' };
}

/** SQLite's own quick check of each of our files. */
function databases(config: Config): Finding[] {
  const { state, store, log } = placesOf(config);
  const files = [state, store, log].filter((path) => existsSync(path) && statSync(path).isFile());
  return files.map((path) => {
    const about = 'File';
    try {
      const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
      const [answer] = database.prepare('PRAGMA quick_check(1)').all();
      database.close();
      const says = String(Object.values(answer ?? {})[0]);
      if (says === 'ok') return { verdict: 'ok', about, says: `${path} is sound` };
      return {
        verdict: 'wrong',
        about,
        says: `${path}: ${says}`,
        remedy: 'stop Tributary and restore this file from a backup',
      };
    } catch (error) {
      return {
        verdict: 'wrong',
        about,
        says: `${path}: ${messageOf(error)}`,
        remedy: 'check the permissions of the data folder',
      };
    }
  });
}

function interfaceBuilt(): Finding {
  const about = 'Interface';
  if (existsSync(join(import.meta.dirname, '../../web/dist/index.html')))
    return { verdict: 'ok', about, says: 'built' };
  return { verdict: 'warn', about, says: 'not built yet', remedy: '`npm start` builds it' };
}

async function askHealth(config: Config): Promise<{ readonly up: boolean; readonly finding: Finding }> {
  const about = 'Running';
  try {
    const answer = await fetch(`${localUrl(config)}/api/health`, {
      signal: AbortSignal.timeout(3_000),
    });
    const { ready, reasons } = (await answer.json()) as { ready: boolean; reasons: string[] };
    if (ready)
      return { up: true, finding: { verdict: 'ok', about, says: `yes, at ${publicUrl(config)}, and ready` } };
    return {
      up: true,
      finding: {
        verdict: 'wrong',
        about,
        says: `yes, but not ready: ${reasons.join('; ')}`,
        remedy: 'look at the last lines of its output',
      },
    };
  } catch {
    return {
      up: false,
      finding: { verdict: 'ok', about, says: `no (nothing of ours answers at port ${config.port})` },
    };
  }
}

async function warehouse(config: Config): Promise<Finding> {
  const about = 'Warehouse';
  const secrets = readSecrets(placesOf(config));
  if (!secrets)
    return {
      verdict: 'wrong',
      about,
      says: `the running program uses another data folder than ${config.data}`,
      remedy: 'pass the same --data',
    };
  try {
    await using client = connect({
      url: warehouseUrl(config),
      user: 'interface',
      password: secrets.interface,
    });
    const answer = await client.query({
      query: 'SELECT count() AS events FROM tributary.events',
      format: 'JSONEachRow',
    });
    const [row] = await answer.json<{ events: string }>();
    return { verdict: 'ok', about, says: `answers; ${Number(row?.events ?? 0).toLocaleString('en')} events` };
  } catch (error) {
    return {
      verdict: 'wrong',
      about,
      says: `does not answer: ${messageOf(error)}`,
      remedy: 'it is restarted by itself; if this stays, look at the output of `npm start`',
    };
  }
}

async function ports(config: Config): Promise<Finding[]> {
  const wanted = [
    { option: 'port', port: config.port },
    { option: 'warehouse-port', port: config['warehouse-port'] },
  ];
  return Promise.all(
    wanted.map(async ({ option, port }): Promise<Finding> => {
      const taken = await listenError(port);
      if (!taken) return { verdict: 'ok', about: 'Port', says: `${port} (${option}) is free` };
      return {
        verdict: 'wrong',
        about: 'Port',
        says: `${port} (${option}) cannot be used: ${taken}`,
        remedy: `stop the other program or start with --${option} <another>`,
      };
    }),
  );
}

function listenError(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(error.message));
    probe.listen({ port, host: '127.0.0.1' }, () => probe.close(() => resolve(undefined)));
  });
}
