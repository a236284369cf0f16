import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';

/**
 * Who may import whom. What is absent is forbidden. ARCHITECTURE.md shows the same table.
 * The composition root (main, roles, commands) may import everything.
 */
export const table: Readonly<Record<string, readonly string[]>> = {
  runtime: [],
  contract: [],
  log: ['runtime', 'contract'],
  store: ['runtime', 'contract'],
  archive: ['runtime', 'contract', 'log'],
  rewind: ['runtime', 'contract', 'archive', 'log', 'warehouse'],
  plan: ['runtime', 'contract'],
  api: ['runtime', 'contract', 'store'],
  privacy: ['runtime', 'contract'],
  collect: ['runtime', 'contract', 'log', 'privacy'],
  enrich: ['runtime', 'contract', 'log'],
  quarantine: ['runtime', 'contract', 'warehouse'],
  syslog: ['runtime', 'contract'],
  tail: ['runtime', 'contract'],
  warehouse: ['runtime', 'contract', 'log'],
  analyze: ['runtime', 'contract', 'warehouse'],
  replicate: ['runtime', 'contract', 'warehouse'],
  model: ['runtime', 'contract', 'warehouse'],
  demo: ['runtime', 'contract'],
  import: ['runtime', 'contract'],
  web: ['contract'],
};
const root = new Set(['main.ts', 'config.ts', 'roles', 'commands']);
/** Folders whose every file is public. */
const open = new Set(['runtime', 'contract']);
/** Files of these folders are leaves: they never import each other. */
const plugins = [
  'collect/protocols',
  'collect/logs/formats',
  'collect/webhook/senders',
  'enrich/steps',
  'analyze/analyses',
  'web/charts',
  'import/formats',
  'model/kinds',
];

export interface Violation {
  readonly file: string;
  readonly imports: string;
  readonly why: string;
}

/** Checks every import of `src` and `web` below `base`; throws when it sees none, since a gate that saw nothing is red. */
export function checkImports(base: string): {
  readonly violations: readonly Violation[];
  readonly seen: number;
} {
  const violations: Violation[] = [];
  let seen = 0;
  for (const file of sources(base)) {
    for (const target of importsOf(join(base, file))) {
      seen++;
      const to = relative(base, resolve(base, dirname(file), target));
      const why = refuse(file, to);
      if (why) violations.push({ file, imports: to, why });
    }
  }
  if (seen === 0) throw new Error(`no imports seen below ${base}: the check is blind`);
  return { violations, seen };
}

function sources(base: string): string[] {
  return ['src', 'web']
    .filter((folder) => existsSync(join(base, folder)))
    .flatMap((folder) =>
      readdirSync(join(base, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
        join(folder, path),
      ),
    )
    .filter((path) => /\.tsx?$/.test(path) && !path.includes('node_modules') && !path.startsWith('web/dist'));
}

/** Relative module specifiers of a file: static, dynamic with a literal, and re-exports; types too. */
function importsOf(path: string): string[] {
  const { module, errors } = parseSync(path, readFileSync(path, 'utf8'));
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const named = module.staticImports.map((one) => one.moduleRequest.value);
  const exported = module.staticExports.flatMap((one) =>
    one.entries.map((entry) => entry.moduleRequest?.value),
  );
  const source = readFileSync(path, 'utf8');
  const dynamic = module.dynamicImports.map((one) =>
    source.slice(one.moduleRequest.start + 1, one.moduleRequest.end - 1),
  );
  return [...named, ...exported, ...dynamic].filter((name): name is string => name?.startsWith('.') ?? false);
}

function place(path: string): { readonly folder: string; readonly inside: string } {
  const parts = path.split('/');
  if (parts[0] === 'web') return { folder: 'web', inside: parts.slice(1).join('/') };
  return { folder: parts[1] ?? '', inside: parts.slice(2).join('/') };
}

function refuse(file: string, target: string): string | undefined {
  if (!target.startsWith('src/') && !target.startsWith('web/'))
    return /\.test\.tsx?$/.test(file) || target === 'package.json' ? undefined : 'outside src and web';
  const from = place(file);
  const to = place(target);
  if (from.folder === to.folder) return pluginNeighbour(file, target);
  if (root.has(from.folder)) return undefined;
  const test = /\.(test|conformance|fixture)\.tsx?$/.test(file);
  if (!test) {
    if (!(from.folder in table)) return `folder "${from.folder}" is not in the table`;
    if (!table[from.folder]?.includes(to.folder)) return `${from.folder} may not import ${to.folder}`;
    if (from.folder === 'warehouse' && to.folder === 'log' && from.inside !== 'load.ts')
      return 'only warehouse/load.ts may import log';
  }
  if (root.has(to.folder)) return test ? undefined : `only the composition root may import ${to.folder}`;
  if (open.has(to.folder) || to.inside === `${to.folder}.ts`) return undefined;
  return `${to.folder} is reached only through ${to.folder}/${to.folder}.ts`;
}

function pluginNeighbour(file: string, target: string): string | undefined {
  const folder = plugins.find((name) => file.includes(`${name}/`) && target.includes(`${name}/`));
  if (!folder || /\.test\.tsx?$/.test(file)) return undefined;
  // charts/charts.ts is the table of the charts
  if (file.endsWith(`${folder}/${folder.split('/')[1]}.ts`)) return undefined;
  const entry = (path: string): string =>
    path.slice(path.indexOf(`${folder}/`) + folder.length + 1).split(/[/.]/)[0] ?? '';
  return entry(file) === entry(target) ? undefined : `files of ${folder} never import each other`;
}

if (import.meta.main) {
  const { violations, seen } = checkImports(resolve(import.meta.dirname, '..'));
  for (const { file, imports, why } of violations) console.error(`${file} imports ${imports}: ${why}`);
  console.log(`${seen} imports checked, ${violations.length} against the table`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
