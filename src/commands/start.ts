import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { keepEngine } from '../roles/engine.ts';
import { lockDataFolder } from '../roles/lock.ts';
import { ensureSecrets, localUrl, placesOf, publicUrl, sourcesFolder } from '../roles/places.ts';
import { supervise } from '../roles/supervise.ts';
import { TributaryError } from '../runtime/errors.ts';
import { createLogger } from '../runtime/logger.ts';
import { Shutdown } from '../runtime/shutdown.ts';
import { ensureFirstStart, openStore, type StartFacts } from '../store/store.ts';
import type { CommandContext } from './command.ts';

const program = join(import.meta.dirname, '../main.ts');

/**
 * Runs every role of one machine, each in a process of its own, and starts again what ends: a crash of one loses nothing
 * and does not stop the others.
 */
export async function start({ config, flags }: CommandContext): Promise<number> {
  const logger = createLogger('start', config['log-level']);
  const shutdown = new Shutdown();
  const began = performance.now();
  const places = placesOf(config);
  await ensurePortsFree(config);
  const { secrets, newReaderPassword } = ensureSecrets(config, places);
  using _lock = lockDataFolder(places.lock, config.data);

  const facts = await firstStart(config);
  shutdown.listen();
  const passed = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const role = (name: string): void => {
    const supervised = supervise(program, { name, args: [name, ...passed], logger });
    shutdown.onStop(() => supervised.stop());
  };
  if (config.warehouse === 'embedded')
    shutdown.onStop(keepEngine({ config, places, secrets, logger, signal: shutdown.signal }));
  role('process');
  role('web');

  if (await ready(config, shutdown.signal)) {
    process.stdout.write(banner(config, facts, newReaderPassword, performance.now() - began));
    role('archive');
    if (facts.demo && config.demo) role('demo');
    void whenThereAreSources(config, shutdown.signal).then((there) => there && role('replicate'));
  }
  await new Promise((resolve) => shutdown.signal.addEventListener('abort', resolve, { once: true }));
  await shutdown.stop();
  return 0;
}

/** Resolves with true when the workspace has a file of a source, now or later; with false when stopped before. */
async function whenThereAreSources(config: Config, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const names = await readdir(sourcesFolder(config)).catch(() => []);
    if (names.some((name) => /\.ya?ml$/.test(name))) return true;
    await sleep(2_000, undefined, { signal }).catch(() => {});
  }
  return false;
}

async function firstStart(config: Config): Promise<StartFacts> {
  const store = openStore({ url: config.store, data: config.data });
  try {
    return await ensureFirstStart(store, {
      adminEmail: config['admin-email'],
      adminPassword: config['admin-password'],
      writeKey: config['write-key'],
      demo: config.demo,
    });
  } finally {
    await store.close();
  }
}

/** Says which port is taken before anything is started, instead of a role that dies over and over. */
async function ensurePortsFree(config: Config): Promise<void> {
  const wanted = [
    { option: 'port', port: config.port, host: config.host },
    ...(config['syslog-tcp-port'] > 0
      ? [{ option: 'syslog-tcp-port', port: config['syslog-tcp-port'], host: config.host }]
      : []),
    ...(config.warehouse === 'embedded'
      ? [{ option: 'warehouse-port', port: config['warehouse-port'], host: '127.0.0.1' }]
      : []),
  ];
  for (const { option, port, host } of wanted) {
    await new Promise<void>((resolve, reject) => {
      const probe = createServer();
      probe.once('error', (cause) => {
        reject(
          new TributaryError(
            'port-in-use',
            `port ${port} (option "${option}") on ${host} cannot be used: ${cause.message}`,
            { cause },
          ),
        );
      });
      probe.listen({ port, host }, () => probe.close(() => resolve()));
    });
  }
}

/** Waits until the web role says that everything is ready; false when stopped before. */
async function ready(config: Config, signal: AbortSignal): Promise<boolean> {
  const health = `${localUrl(config)}/api/health`;
  while (!signal.aborted) {
    const answer = await fetch(health, { signal }).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    if (answer?.ok) return true;
    await sleep(50);
  }
  return false;
}

function banner(
  config: Config,
  facts: StartFacts,
  readerPassword: string | undefined,
  elapsed: number,
): string {
  const url = publicUrl(config);
  const key = facts.product?.writeKey ?? 'create one under Sources';
  const lines = [
    '',
    `  Tributary is ready (${(elapsed / 1000).toFixed(1)} s)`,
    '',
    `  Open      ${url}`,
    `  Sign in   ${url}/sign-in?token=${facts.signInToken}   (works once, for an hour)`,
    ...(facts.password
      ? [`            or ${facts.email} with the password ${facts.password}   (shown this once)`]
      : []),
    `  Write key ${key}`,
    `  Warehouse http://127.0.0.1:${config['warehouse-port']}   user reader${readerPassword ? `, password ${readerPassword}   (shown this once)` : ''}`,
    '',
    '  Send a first event:',
    '',
    `    curl ${url}/v1/track -u ${key}: -H 'content-type: application/json' \\`,
    `      -d '{"event":"Signed Up","userId":"u1","properties":{"plan":"pro"}}'`,
    '',
    '  In a page:',
    '',
    `    <script defer src="${url}${config['tracker-path']}.js" data-key="${key}"></script>`,
    '',
    `  Have a client of Segment, PostHog, Mixpanel, GA4, … already? Keep it, and its key: ${url}/sources`,
    '',
  ];
  return lines.join('\n');
}
