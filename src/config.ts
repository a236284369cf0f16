import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, TributaryError } from './runtime/errors.ts';

const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0', 'on', 'off']).transform((text) => ['true', '1', 'on'].includes(text)),
]);
const port = z.coerce.number().int().min(0).max(65_535);

/** A port of the program: `embedded`, until the other implementations of its interface exist. */
const embeddedPort = z
  .string()
  .refine((url) => url === 'embedded', 'only "embedded" is there yet')
  .default('embedded');

/** Every option there is. A key here = a key of tributary.yaml = `--key` = `TRIBUTARY_KEY`. */
const options = z.strictObject({
  /** Web port: collector, API and UI. */
  port: port.default(8080),
  host: z.string().default('127.0.0.1'),
  /** Folder of everything that must be kept. */
  data: z.string().default('./data'),
  /** Folder of the user's own work (models, dashboards, …). */
  workspace: z.string().default('./workspace'),
  /** Fill a new data folder with the demo product. */
  demo: flag.default(true),
  'warehouse-port': port.default(8123),
  /** The ports: where records, rows, state, metadata and archives are kept. */
  log: embeddedPort,
  warehouse: embeddedPort,
  state: embeddedPort,
  store: embeddedPort,
  /** `embedded`: below `data`; else a folder of its own, so that archives may lie on another disk. */
  lake: z.string().min(1).default('embedded'),
  /** Listeners for syslog on `host`, by TCP and UDP; 0: off. */
  'syslog-tcp-port': port.default(0),
  'syslog-udp-port': port.default(0),
  /** Write key of the project that takes what they hear; the default project when empty. */
  'syslog-key': z.string().default(''),
  /** How the collector keeps client addresses: last byte(s) zeroed, whole, or not at all. */
  'ip-privacy': z.enum(['truncate', 'keep', 'drop']).default('truncate'),
  /** Addresses or CIDR ranges of reverse proxies whose X-Forwarded-For is believed; comma separated. */
  'trusted-proxies': z.string().default('127.0.0.1,::1'),
  /** Days the raw log is kept after it was processed. */
  'log-days': z.coerce.number().int().min(1).max(3_650).default(7),
  /**
   * Days of receipt that the raw archive keeps; 0: there is no archive. A quarter of a year by default: mistakes are found within it, and what
   * the archive takes is about what the events of that time take.
   */
  'archive-days': z.coerce.number().int().min(0).max(36_500).default(90),
  'log-level': z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** Address users reach this server at, for links and snippets; guessed from host and port when empty. */
  'public-url': z.string().default(''),
  /**
   * Where the own tracker's events go; its script is at the same path with `.js`. A name of the operator's choice is on no
   * block list.
   */
  'tracker-path': z
    .string()
    .regex(
      /^(?!\/(?:api|assets|metrics)\b)(?:\/[a-z0-9][a-z0-9_-]*){1,5}$/i,
      'must be a path like /abc or /a/bc, not below /api',
    )
    .default('/t'),
  /** Encrypts the secrets of webhook senders at rest; a file in the data folder holds one when this is empty. */
  'secret-key': z.string().default(''),
  'write-key': z.string().default(''),
  'admin-email': z.string().default(''),
  'admin-password': z.string().default(''),
  'reader-password': z.string().default(''),
});

export type Config = Readonly<z.output<typeof options>>;
export type ConfigSource = {
  readonly flags: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
};

export const optionNames = Object.keys(options.shape) as readonly (keyof Config)[];

/** Flags win over the environment, the environment over tributary.yaml, the file over defaults. Paths become absolute. */
export function loadConfig({ flags, env, cwd }: ConfigSource): Config {
  const file = readFile(
    resolve(cwd, flags.config ?? env.TRIBUTARY_CONFIG ?? 'tributary.yaml'),
    flags.config ?? env.TRIBUTARY_CONFIG,
  );
  const merged: Record<string, unknown> = { ...file };
  for (const name of optionNames) {
    const fromEnv = env[`TRIBUTARY_${name.toUpperCase().replaceAll('-', '_')}`];
    if (fromEnv !== undefined && fromEnv !== '') merged[name] = fromEnv;
    const fromFlag = flags[name];
    if (fromFlag !== undefined) merged[name] = fromFlag;
  }
  for (const name of Object.keys(flags)) {
    if (name !== 'config' && !optionNames.includes(name as keyof Config)) throw unknownOption(`--${name}`);
  }
  const parsed = options.safeParse(merged);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code === 'unrecognized_keys') throw unknownOption(issue.keys[0] ?? '');
    throw new TributaryError('config-invalid', `option "${issue?.path.join('.')}": ${issue?.message}`);
  }
  const config = parsed.data;
  return Object.freeze({
    ...config,
    data: resolve(cwd, config.data),
    workspace: resolve(cwd, config.workspace),
    lake: config.lake === 'embedded' ? config.lake : resolve(cwd, config.lake),
  });
}

function readFile(path: string, asked: string | undefined): Record<string, unknown> {
  if (!existsSync(path)) {
    if (asked) throw new TributaryError('config-invalid', `the configuration file ${path} does not exist`);
    return {};
  }
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new TributaryError('config-invalid', `${path} is not valid YAML: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (content === null || content === undefined) return {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new TributaryError('config-invalid', `${path} must be a mapping of option: value`);
  }
  return content as Record<string, unknown>;
}

function unknownOption(name: string): TributaryError {
  return new TributaryError(
    'config-invalid',
    `there is no option "${name}"; the options are ${optionNames.join(', ')}`,
  );
}
