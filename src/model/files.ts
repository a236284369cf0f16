import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { TributaryError } from '../runtime/errors.ts';
import { type ReadHeader, readHeader } from './header.ts';
import type { Problem } from './problem.ts';

/** A file of `models/`, taken apart but not understood yet. */
export interface ModelFile extends ReadHeader {
  /** Name of the file without `.sql`: the table `mart.<name>`. */
  readonly name: string;
  /** For messages: `models/…`, from the workspace. */
  readonly file: string;
  /** The text with blank lines in the place of the header, so that its lines are the file's. */
  readonly sql: string;
  /** Line of the first word of the SQL. */
  readonly sqlLine: number;
}

const maxBytes = 256 * 1024;
const maxFiles = 2_000;
const headerForm = /^\s*\/\*[ \t]*model\b([\s\S]*?)\*\//;

/** Every `*.sql` below `<workspace>/models`, in the order of names. */
export function readModelFiles(workspace: string): { files: ModelFile[]; problems: Problem[] } {
  const folder = join(workspace, 'models');
  if (!existsSync(folder))
    throw new TributaryError(
      'not-found',
      `there are no models: the folder ${folder} does not exist; name another workspace with --workspace`,
    );
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.sql'))
    .toSorted();
  if (paths.length === 0)
    throw new TributaryError('not-found', `there are no models: ${folder} has no *.sql file`);
  if (paths.length > maxFiles)
    throw new TributaryError(
      'model-invalid',
      `${folder} has ${paths.length} files; ${maxFiles} are the most`,
    );
  const files = new Map<string, ModelFile>();
  const problems: Problem[] = [];
  for (const path of paths) {
    const file = `models/${path}`;
    const found = readModelFile(join(folder, path), file);
    if (!('name' in found)) problems.push(found);
    else if (files.has(found.name))
      problems.push({
        file,
        line: 1,
        message: `${files.get(found.name)?.file} has the same name; rename one of the two files`,
      });
    else files.set(found.name, found);
  }
  return { files: [...files.values()], problems };
}

function readModelFile(path: string, file: string): ModelFile | Problem {
  const name = basename(path, '.sql');
  if (!/^[a-z][a-z0-9_]{0,79}$/.test(name) || name.includes('__'))
    return {
      file,
      line: 1,
      message: `"${name}" cannot be a table: name the file with small letters, digits and single _, 80 at most`,
    };
  if (statSync(path).size > maxBytes)
    return { file, line: 1, message: `the file is larger than ${maxBytes / 1024} KB` };
  const text = readFileSync(path, 'utf8');
  const [whole = '', yaml = ''] = headerForm.exec(text) ?? [];
  if (whole === '')
    return { file, line: 1, message: 'the file must begin with a header: /* model … */; see docs/models.md' };
  const before = text.slice(0, whole.length - yaml.length - '*/'.length);
  const read = readHeader(yaml, file, countLines(before));
  if (!('header' in read)) return read;
  const rest = text.slice(whole.length);
  const lead = /^\s*/.exec(rest)?.[0] ?? '';
  return {
    ...read,
    name,
    file,
    sql: '\n'.repeat(countLines(whole) - 1) + rest,
    sqlLine: countLines(whole + lead),
  };
}

function countLines(text: string): number {
  return text.split('\n').length;
}
