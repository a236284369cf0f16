import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { lockDataFolder } from '../roles/lock.ts';
import { localUrl } from '../roles/places.ts';
import { systemClock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import { sha256 } from '../runtime/ids.ts';
import { Shutdown } from '../runtime/shutdown.ts';
import { type TailProgress, tail } from '../tail/tail.ts';
import type { CommandContext } from './command.ts';
import { serverAddress } from './server-address.ts';

const usage = 'tributary tail FILE… --key KEY [--to URL] [--from-start] [--once] [--format NAME]';
const formats = ['auto', 'access', 'logfmt', 'json', 'syslog', 'event', 'plain'];
const second = 1_000;

/** Follows log files and sends their lines. Says what it does on stderr, and what it did at its end. */
export async function tailCommand({ config, flags, words }: CommandContext): Promise<number> {
  if (words.length === 0) throw new TributaryError('config-invalid', `no file is named: ${usage}`);
  const key = flags.key ?? config['write-key'];
  if (key === '') throw new TributaryError('config-invalid', `no write key is given: ${usage}`);
  const { format = 'auto' } = flags;
  const url = flags.to === undefined ? localUrl(config) : serverAddress(flags.to);
  if (!formats.includes(format))
    throw new TributaryError('config-invalid', `--format is one of ${formats.join(', ')}, not "${format}"`);
  const patterns = words.map((word) => resolve(word));
  const position = flags.positions
    ? resolve(flags.positions)
    : join(config.data, 'tail', `${sha256([url, ...patterns].join('\0')).slice(0, 16)}.json`);
  mkdirSync(dirname(position), { recursive: true, mode: 0o700 });
  using _lock = lockPosition(position);

  const shutdown = new Shutdown();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => void shutdown.stop());
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  const once = isOn(flags.once);
  say(`following ${words.join(' ')} to ${url}${once ? ', once' : ''}; how far is written to ${position}`);
  const report = reporter(say);
  const done = await tail({
    patterns,
    position,
    url,
    key,
    format: format === 'auto' ? undefined : format,
    service: flags.service,
    host: flags.hostname ?? hostname(),
    fromStart: isOn(flags['from-start']),
    once,
    clock: systemClock,
    signal: shutdown.signal,
    say,
    onProgress: report,
  });
  say(`delivered ${summary(done)}`);
  if (once && done.files === 0)
    say(`no file is called ${words.join(' or ')}; a folder is followed as FOLDER/*`);
  return 0;
}

function isOn(flag: string | undefined): boolean {
  return flag !== undefined && flag !== 'false';
}

function lockPosition(position: string): Disposable {
  try {
    return lockDataFolder(`${position}.lock`, position);
  } catch (cause) {
    throw new TributaryError('already-running', `another tributary tail writes to ${position}`, { cause });
  }
}

/** Once a second on a terminal, on the same line; once a minute in a file. */
function reporter(say: (message: string) => void): (progress: TailProgress) => void {
  const isTerminal = process.stderr.isTTY;
  const pause = isTerminal ? second : 60 * second;
  let next = Date.now() + pause;
  return (progress) => {
    if (Date.now() < next) return;
    next = Date.now() + pause;
    if (isTerminal) process.stderr.write(`\r\u001B[2K${summary(progress)}`);
    else say(summary(progress));
  };
}

function summary({ lines, bytes, files, cut }: TailProgress): string {
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  const long = cut > 0 ? `, ${cut} too long and sent in part` : '';
  return `${lines.toLocaleString('en')} lines (${size}) of ${files} file${files === 1 ? '' : 's'}${long}`;
}
