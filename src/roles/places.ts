import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { randomSecret, sha256 } from '../runtime/ids.ts';

/** Where the embedded ports keep their files below the data folder. */
export interface Places {
  readonly log: string;
  readonly state: string;
  readonly store: string;
  readonly warehouse: string;
  readonly secrets: string;
  readonly lock: string;
  /** Held while models are brought up to date. */
  readonly modelLock: string;
  /** Held by whoever writes to the pipeline's tables, and the wish to have it: see pipeline-gate.ts. */
  readonly pipelineLock: string;
  readonly pipelinePause: string;
  /** The lake folder: the raw archive. */
  readonly lake: string;
  /** Folder of what rewinds remember while they run. */
  readonly rewind: string;
  /** Folder of the day's salt for visitors without an id. */
  readonly visitorSalt: string;
}

export function placesOf(config: Config): Places {
  const at = (name: string): string => join(config.data, name);
  return {
    log: at('log'),
    state: at('state.db'),
    store: at('store.db'),
    warehouse: at('warehouse'),
    secrets: at('secrets.json'),
    lock: at('lock.db'),
    modelLock: at('models.lock.db'),
    pipelineLock: at('pipeline.lock.db'),
    pipelinePause: at('pipeline.pause'),
    lake: config.lake === 'embedded' ? at('lake') : config.lake,
    rewind: at('rewind'),
    visitorSalt: at('visitor-salt'),
  };
}

/** Where the files of the databases are that are replicated. */
export function sourcesFolder(config: Config): string {
  return join(config.workspace, 'sources');
}

/** Where the schemas of the tracking plan are. */
export function schemasFolder(config: Config): string {
  return join(config.workspace, 'schemas');
}

/** Passwords of the warehouse's users. Only ours are kept in clear, in a file that only the owner may read. */
export interface Secrets {
  /** Password of `tributary`, the pipeline's user. */
  readonly warehouse: string;
  /** Password of `interface`, the read-only user of the UI and the command line. */
  readonly interface: string;
  /** SHA-256 of the password of `reader`, the user for BI tools. */
  readonly readerSha256: string;
  /** Key of the hashes that stand for masked values of replicated tables. */
  readonly mask: string;
}

export function readSecrets(places: Places): Secrets | undefined {
  if (!existsSync(places.secrets)) return undefined;
  return JSON.parse(readFileSync(places.secrets, 'utf8')) as Secrets;
}

/** Reads the secrets, making them at the first start; a configured reader password replaces the one before. */
export function ensureSecrets(
  config: Config,
  places: Places,
): { readonly secrets: Secrets; readonly newReaderPassword: string | undefined } {
  mkdirSync(config.data, { recursive: true, mode: 0o700 });
  const known = readSecrets(places);
  const given = config['reader-password'];
  if (known?.mask && (!given || known.readerSha256 === sha256(given)))
    return { secrets: known, newReaderPassword: undefined };
  const isKept = known !== undefined && !given;
  const readerPassword = given || randomSecret('read', 12);
  const secrets: Secrets = {
    warehouse: known?.warehouse ?? randomSecret('wh', 24),
    interface: known?.interface ?? randomSecret('ui', 24),
    readerSha256: isKept ? known.readerSha256 : sha256(readerPassword),
    mask: known?.mask ?? randomSecret('mask', 24),
  };
  const temporary = `${places.secrets}.new`;
  writeFileSync(temporary, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, places.secrets);
  return { secrets, newReaderPassword: given || isKept ? undefined : readerPassword };
}

/** Where people reach the interface, without a trailing slash. */
export function publicUrl(config: Config): string {
  if (config['public-url']) return config['public-url'].replace(/\/+$/, '');
  const host = ['0.0.0.0', '::', '127.0.0.1'].includes(config.host) ? 'localhost' : config.host;
  return `http://${host}:${config.port}`;
}

/** Where the web role answers on this machine, whatever address it listens on. */
export function localUrl(config: Config): string {
  if (['0.0.0.0', '::'].includes(config.host)) return `http://127.0.0.1:${config.port}`;
  return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
}

/** Where the warehouse answers. */
export function warehouseUrl(config: Config): string {
  return config.warehouse === 'embedded' ? `http://127.0.0.1:${config['warehouse-port']}` : config.warehouse;
}
