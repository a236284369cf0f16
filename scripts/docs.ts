import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Endpoint, endpoints } from '../src/contract/endpoints.ts';
import { errorTable } from '../src/runtime/errors.ts';

/** The pages that are tables of the code, by path. `node scripts/docs.ts` writes them, `docs.test.ts` compares. */
export const pages: Readonly<Record<string, () => string>> = {
  'docs/errors.md': errorsPage,
  'docs/api.md': apiPage,
};

/** Paths of the pages below `base` that differ from what the code says. */
export function outdated(base: string): string[] {
  return Object.entries(pages)
    .filter(
      ([path, write]) => !existsSync(join(base, path)) || readFileSync(join(base, path), 'utf8') !== write(),
    )
    .map(([path]) => path);
}

const notice = '<!-- Written by scripts/docs.ts from the code; edit the table there. -->';

function errorsPage(): string {
  const rows = Object.entries(errorTable).map(([code, { status, advice }]) => [
    `<a id="${code}"></a>\`${code}\``,
    String(status),
    advice,
  ]);
  return `# Errors

${notice}

Every error has a stable code. Over HTTP the body is \`{ "error": { "code", "message", "advice" } }\`: the message says what happened and to
which thing, the advice what to do. Where waiting helps, \`Retry-After\` says how many seconds.

${table(['code', 'status', 'what to do'], rows)}
`;
}

function apiPage(): string {
  const rows = Object.entries<Endpoint>(endpoints).map(([name, endpoint]) => [
    `\`${endpoint.method} ${endpoint.path}\``,
    whoOf(endpoint),
    inputOf(endpoint),
    endpoint.summary,
    `\`${name}\``,
  ]);
  return `# API

${notice}

- Sign in with \`POST /api/auth/sign-in\` (sets a cookie), or send an API key: \`Authorization: Bearer ak_…\`. A key acts with its role in its own
  project; what concerns the whole installation is closed to keys.
- Path parameters, query string (GET, DELETE) and JSON body (POST, PATCH) form one input. Fields marked \`?\` may be left out.
- Times are milliseconds since the epoch. Errors are in [errors.md](errors.md). Shapes in full: \`/api/openapi.json\`.
- \`GET /metrics\` has the metrics of the server in the Prometheus text format: free on the machine itself, elsewhere with an API key.

${table(['endpoint', 'who', 'input', 'what', 'name'], rows)}
`;
}

function whoOf({ access, scope }: Endpoint): string {
  if (access === 'public') return 'anyone';
  return scope === 'workspace' ? `${access}, no keys` : access;
}

function inputOf({ input }: Endpoint): string {
  return Object.entries(input.shape)
    .map(([field, type]) => `\`${field}${type.safeParse(undefined).success ? '?' : ''}\``)
    .join(' ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

if (import.meta.main) {
  const base = join(import.meta.dirname, '..');
  for (const path of outdated(base)) {
    writeFileSync(join(base, path), pages[path]?.() ?? '');
    console.log(`wrote ${path}`);
  }
}
