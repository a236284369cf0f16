import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { createDecoder } from '../collect/collect.ts';
import { chooseFormat, type FormatChoice } from '../import/choose-format.ts';
import { compare, DayCounts } from '../import/counts.ts';
import { expand } from '../import/expand.ts';
import { type HistoryProgress, type HistoryReport, importHistory } from '../import/history.ts';
import { localUrl, placesOf, readSecrets, warehouseUrl } from '../roles/places.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import { openStore } from '../store/store.ts';
import { connect } from '../warehouse/warehouse.ts';
import type { CommandContext } from './command.ts';
import { serverAddress } from './server-address.ts';

/**
 * Brings history into a project: `tributary import FILE… --key wk_…`. With --check nothing is sent; with --compare the files
 * are counted and put beside what Tributary has of the same days and events.
 */
export async function importFiles(context: CommandContext): Promise<number> {
  const { config, flags, words } = context;
  if (words.length === 0)
    throw new TributaryError('bad-request', 'name the files: tributary import export.jsonl.gz --key wk_…');
  const url = flags.to === undefined ? localUrl(config) : serverAddress(flags.to);
  const files = await expand(words);
  const choice = await chooseFormat(files[0] ?? '', {
    name: flags.format,
    mapping: flags.map === undefined ? undefined : { text: await readText(flags.map), file: flags.map },
  });
  tell(choice, files);
  const key = flags.key ?? config['write-key'];
  const mode = flags.check !== undefined || flags.compare !== undefined ? 'read' : 'send';
  if (key === '' && (mode === 'send' || flags.compare !== undefined))
    throw new TributaryError(
      'bad-request',
      'name the project by a write key: --key wk_… (Sources, or `tributary source create`)',
    );
  const bar = new ProgressLine(mode === 'send' ? 'sent' : 'read');
  const report = await importHistory({
    files,
    format: choice.format,
    key,
    url,
    positions: flags.positions ?? '.tributary-import',
    mode,
    decode: createDecoder(),
    onProgress: (progress) => bar.show(progress),
  });
  bar.end();
  summarize(report, mode);
  if (flags.compare !== undefined) return showComparison(context, key, report);
  if (mode === 'send') say('Put both sides beside each other with the same command and --compare.');
  return 0;
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new TributaryError('not-found', `the mapping ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  });
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function tell({ format, guessed }: FormatChoice, files: readonly string[]): void {
  say(`${files.length === 1 ? files[0] : `${files.length} files`}: ${format.summary}`);
  if (guessed)
    say(
      `No mapping given; by the names of the columns this is taken (change it in a file and pass --map):\n${indent(stringify(guessed))}`,
    );
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '  ');
}

/** One line that is written over; on a pipe a line every ten seconds. */
class ProgressLine {
  readonly #verb: string;
  readonly #started = Date.now();
  #shownAt = 0;

  constructor(verb: string) {
    this.#verb = verb;
  }

  show({ file, rows, events, fraction, waiting }: HistoryProgress): void {
    const now = Date.now();
    const terminal = process.stderr.isTTY;
    if (now - this.#shownAt < (terminal ? 200 : 10_000) && waiting === undefined) return;
    this.#shownAt = now;
    const rate = Math.round((rows * 1_000) / Math.max(1, now - this.#started));
    const state =
      waiting === undefined ? `${rate.toLocaleString('en')} rows/s` : `waiting: ${waiting.slice(0, 100)}`;
    const line = `${file} ${Math.floor(fraction * 100)} %: ${rows.toLocaleString('en')} rows, ${events.toLocaleString('en')} events ${this.#verb}, ${state}`;
    process.stderr.write(terminal ? `\r\u001b[K${line}` : `${line}\n`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }
}

function summarize(report: HistoryReport, mode: 'send' | 'read'): void {
  const { rows, events, resumed, skipped, counts } = report;
  const days = counts.days;
  say(
    `${rows.toLocaleString('en')} rows hold ${events.toLocaleString('en')} events${days ? `, ${days.first} to ${days.last} (UTC)` : ''}.` +
      (mode === 'send'
        ? ` All are accepted${resumed > 0 ? `; ${resumed.toLocaleString('en')} rows were sent by an earlier run` : ''}.`
        : ''),
  );
  for (const [reason, { count, first }] of skipped) {
    say(`  left out ${count.toLocaleString('en')}: ${reason} (first: ${first})`);
  }
}

/** A table on stdout: day, event, files, Tributary, difference. */
async function showComparison(
  { config }: CommandContext,
  key: string,
  report: HistoryReport,
): Promise<number> {
  const { days } = report.counts;
  if (!days) return 0;
  const here = await countsHere({ config }, key, days);
  const rows = compare(report.counts, here);
  const differing = rows.filter((row) => row.there !== row.here).length;
  process.stdout.write('day\tevent\tfiles\ttributary\tdifference\n');
  for (const { day, event, there, here: found } of rows) {
    process.stdout.write(`${day}\t${event}\t${there}\t${found}\t${found - there}\n`);
  }
  say(
    differing === 0
      ? `All ${rows.length} counts of a day and an event are equal.`
      : `${differing} of ${rows.length} counts differ. More here: both were collected at that time; fewer here: not imported yet, or in quarantine (see Pipeline).`,
  );
  return differing === 0 ? 0 : 3;
}

async function countsHere(
  { config }: Pick<CommandContext, 'config'>,
  key: string,
  days: { readonly first: string; readonly last: string },
): Promise<DayCounts> {
  const secrets = readSecrets(placesOf(config));
  if (!secrets)
    throw new TributaryError(
      'not-found',
      `${config.data} is not a data folder of Tributary; pass --data, on the machine it runs on`,
    );
  const store = openStore({ url: config.store, data: config.data });
  const project = (await store.keys.use('write', key))?.project;
  await store.close();
  if (project === undefined) throw new TributaryError('unknown-key', 'the write key is not known here');
  await using client = connect({ url: warehouseUrl(config), user: 'interface', password: secrets.interface });
  const result = await client.query({
    query: `SELECT toString(toDate(timestamp, 'UTC')) AS day, event, count() AS count FROM tributary.events
      WHERE project = {project:String} AND timestamp >= {first:String} AND timestamp < toDateTime({last:String}, 'UTC') + INTERVAL 1 DAY
      GROUP BY day, event`,
    query_params: { project, first: `${days.first} 00:00:00`, last: `${days.last} 00:00:00` },
    format: 'JSONEachRow',
  });
  const counts = new DayCounts();
  for (const { day, event, count } of await result.json<{
    day: string;
    event: string;
    count: number | string;
  }>()) {
    counts.add(Date.parse(`${day}T00:00:00Z`), event, Number(count));
  }
  return counts;
}
