import { pipeline } from 'node:stream/promises';
import { ClickHouseError, type ClickHouseSettings } from '@clickhouse/client';
import { placesOf, readSecrets, warehouseUrl } from '../roles/places.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import { connect } from '../warehouse/warehouse.ts';
import type { CommandContext } from './command.ts';

/** Asks the running warehouse as the read-only user and writes the answer to stdout as it arrives. */
export async function query({ config, flags, words }: CommandContext): Promise<number> {
  const sql = words.join(' ').trim() || (await readStdin());
  if (!sql)
    throw new TributaryError(
      'bad-query',
      'no SQL given: tributary query "SELECT count() FROM tributary.events"',
    );
  const secrets = readSecrets(placesOf(config));
  if (!secrets)
    throw new TributaryError(
      'not-found',
      `${config.data} is not a data folder of Tributary; start it first, or pass --data`,
    );
  const format = flags.format ?? (process.stdout.isTTY ? 'PrettyCompact' : 'TSVWithNames');
  const url = warehouseUrl(config);
  await using client = connect({ url, user: 'interface', password: secrets.interface });
  // `| head` closes the pipe when it has seen enough: that is no failure
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    // the format's URL parameter travels as a setting: a FORMAT clause in the SQL wins over it, as everywhere in ClickHouse
    const { stream } = await client.exec({
      query: sql,
      clickhouse_settings: { default_format: format } as ClickHouseSettings,
    });
    await pipeline(stream, process.stdout, { end: false });
  } catch (error) {
    const refused = error instanceof ClickHouseError;
    const message = refused
      ? messageOf(error)
      : `the warehouse at ${url} does not answer: ${messageOf(error)}`;
    throw new TributaryError(refused ? 'bad-query' : 'warehouse-unavailable', message, { cause: error });
  }
  return 0;
}

async function readStdin(): Promise<string> {
  if (process.stdin.isTTY) return '';
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8').trim();
}
