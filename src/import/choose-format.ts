import { TributaryError } from '../runtime/errors.ts';
import type { Format } from './format.ts';
import { formats } from './formats.ts';
import { guessMapping, type Mapping, mappedFormat, readMapping } from './mapping.ts';
import { HistoryFile } from './rows.ts';

export interface FormatChoice {
  readonly format: Format;
  /** What was guessed from the names of the columns, to be shown. */
  readonly guessed?: Mapping | undefined;
}

export interface FormatWish {
  /** Name of a format, when the user says it. */
  readonly name?: string | undefined;
  /** Text and name of a mapping file. */
  readonly mapping?: { readonly text: string; readonly file: string } | undefined;
}

/** The format the user names, else the one the first row looks like, else a mapping guessed from the names of the columns. */
export async function chooseFormat(file: string, wish: FormatWish): Promise<FormatChoice> {
  if (wish.mapping) return { format: mappedFormat(readMapping(wish.mapping.text, wish.mapping.file)) };
  if (wish.name !== undefined) {
    const format = formats.find(({ name }) => name === wish.name);
    if (format) return { format };
    const names = formats.map(({ name }) => name).join(', ');
    throw new TributaryError('bad-request', `there is no format "${wish.name}"; these are there: ${names}`);
  }
  for await (const row of (await HistoryFile.open(file)).rows()) {
    if ('problem' in row) continue;
    const format = formats.find((one) => one.recognizes(row.row));
    if (format) return { format };
    const columns = Object.keys(row.row);
    const guessed = guessMapping(columns);
    if (guessed) return { format: mappedFormat(guessed), guessed };
    throw new TributaryError(
      'bad-request',
      `${file}: no column is known as the event, its time or its user (there are: ${columns.slice(0, 20).map(printable).join(', ')}); write a mapping and pass --map`,
    );
  }
  throw new TributaryError('bad-request', `${file} holds no readable row`);
}

/** The header of a file that is no table may be anything; a terminal must not obey it. */
function printable(name: string): string {
  return name.slice(0, 60).replaceAll(/\p{C}/gu, '�');
}
