import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import type { MaskRule } from './target/text.ts';

const patterns = z.array(z.string().min(1).max(400)).max(10_000);
/** A column that is dropped is not read at all. */
export type FileMask = MaskRule | { readonly rule: 'drop' };
const maskRule = z.union(
  [
    z.enum(['drop', 'hash', 'domain']).transform((rule): FileMask => ({ rule })),
    z
      .strictObject({ truncate: z.number().int().min(1).max(10_000) })
      .transform(({ truncate }): FileMask => ({ rule: 'truncate', length: truncate })),
  ],
  { error: 'must be drop, hash, domain or {truncate: 20}' },
);

/** One file of `workspace/sources`: a database that is replicated. Unknown keys are errors, since a mistyped exclusion copies what it should not. */
const file = z.strictObject({
  kind: z.enum(['postgres']),
  /** Where it is; `${NAME}` stands for a variable of the environment. */
  url: z.string().min(1),
  tables: z
    .strictObject({ include: patterns.default(['*']), exclude: patterns.default([]) })
    .default({ include: ['*'], exclude: [] }),
  columns: z.strictObject({ exclude: patterns.default([]) }).default({ exclude: [] }),
  /** By `table.column`. */
  mask: z.record(z.string(), maskRule).default({}),
  /** Tables of which every version is kept. */
  history: patterns.default([]),
  /** Before the names of tables in the warehouse. */
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_]{0,40}$/, 'letters, digits and _ only')
    .default(''),
  /** Made by somebody else, and then left as they are. */
  publication: z.string().min(1).max(63).optional(),
  slot: z
    .string()
    .regex(/^[a-z0-9_]{1,63}$/, 'lower-case letters, digits and _ only')
    .optional(),
});

export type SourceFile = Readonly<z.output<typeof file>> & {
  /** Name of the file without its ending. */
  readonly name: string;
};

/** A file, or what is wrong with it. */
export type ReadFile =
  | { readonly name: string; readonly file: SourceFile; readonly problem?: undefined }
  | { readonly name: string; readonly file?: undefined; readonly problem: TributaryError };

/** All of a folder, by name; none when there is no folder. */
export function readSourceFiles(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): ReadFile[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names.toSorted().map((fileName) => {
    const name = fileName.replace(/\.ya?ml$/, '');
    try {
      return { name, file: readSourceFile(join(folder, fileName), env) };
    } catch (error) {
      if (error instanceof TributaryError) return { name, problem: error };
      throw error;
    }
  });
}

function readSourceFile(path: string, env: Readonly<Record<string, string | undefined>>): SourceFile {
  const name = basename(path).replace(/\.ya?ml$/, '');
  if (!/^[a-z0-9_-]{1,40}$/.test(name))
    throw invalid(path, 'the name of a source has lower-case letters, digits, _ and - only, 40 at most');
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw invalid(path, `it is not valid YAML: ${messageOf(error)}`);
  }
  const parsed = file.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(path, `${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  return Object.freeze({ ...parsed.data, name, url: expand(parsed.data.url, path, env) });
}

function expand(text: string, path: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = env[name];
    if (value === undefined)
      throw invalid(path, `url: the variable ${name} is not set in the environment of Tributary`);
    return encodeURIComponent(value);
  });
}

function invalid(path: string, message: string): TributaryError {
  return new TributaryError('source-invalid', `${path}: ${message}`);
}
