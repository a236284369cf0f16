import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');

/** A fenced block of a page: ```js browser → language `js`, mark `browser`. */
export interface Block {
  /** `docs/sql.md:12`, for the name of a test. */
  readonly place: string;
  readonly page: string;
  readonly language: string;
  readonly mark: string;
  readonly text: string;
}

/** Pages whose examples are promises: the guides in docs/ and the README. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .toSorted(),
];

export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; info: string; lines: string[] } | undefined;
  for (const [index, line] of readPage(page).split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (!fence) open?.lines.push(line);
    else if (!open) open = { line: index + 1, info: fence[1] ?? '', lines: [] };
    else {
      const [language = '', mark = ''] = open.info.trim().split(/\s+/);
      blocks.push({ place: `${page}:${open.line}`, page, language, mark, text: open.lines.join('\n') });
      open = undefined;
    }
  }
  if (open) throw new Error(`${page}:${open.line}: the block has no end`);
  return blocks;
}

export const blocks: readonly Block[] = pages.flatMap(blocksOf);

/** Blocks of a language, with a mark when one is given ('' is: without a mark). */
export const blocksIn = (language: string, mark?: string): Block[] =>
  blocks.filter((block) => block.language === language && (mark === undefined || block.mark === mark));
/** Whether an example needs the program to run: the others are commands for the machine. */
export const usesProgram = ({ text }: Block): boolean =>
  /localhost:8080|127\.0\.0\.1:8123|npm run tributary --/.test(text);
/** For `test.each`. */
export const places = (found: readonly Block[]): [string, Block][] =>
  found.map((block) => [block.place, block]);

/** The rows below the heading's first table: its cells without the marks of code. */
export function tableBelow(page: string, heading: string): string[][] {
  const lines = readPage(page).split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`${page} has no line "${heading}"`);
  const end = lines.findIndex((line, index) => index > start && line.startsWith('#'));
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .filter((line) => line.startsWith('|') && !line.startsWith('|---'))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
    );
}
