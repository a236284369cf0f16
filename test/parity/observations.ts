import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, Condition } from './client.ts';
import { clients } from './clients.ts';
import { callsOf } from './compare.ts';
import type { Step } from './journey.ts';
import type { Prepared } from './prepare.ts';

/** What one client was seen to do. */
export interface Result {
  readonly name: string;
  readonly mode?: string;
  readonly version: string;
  readonly language: string;
  readonly protocol: string;
  /** Under a clear sky. */
  readonly calls: readonly Step[];
  /** Of these the ones that did not arrive, by what they met on their way. */
  readonly lost: Partial<Record<Condition, readonly Step[]>>;
  /** Where calls without a network wait. */
  readonly offline?: string;
  readonly note?: string;
}

/** Those that take longest come first. */
const conditions: readonly Condition[] = ['unavailable', 'reset', 'slow', 'clear', 'offline'];

/** Programs on servers have no tab that could be closed. */
export function conditionsOf({ language }: Client): readonly Condition[] {
  return language === 'browser' ? conditions : conditions.filter((one) => one !== 'offline');
}

export class Observations {
  readonly #arrived = new Map<Client, Map<Condition, readonly Step[]>>();

  record(client: Client, condition: Condition, arrived: readonly Step[]): void {
    const known = this.#arrived.get(client) ?? new Map<Condition, readonly Step[]>();
    this.#arrived.set(client, known.set(condition, arrived));
  }

  /** Of the clients that were run under all conditions. */
  results(prepared: Prepared): Result[] {
    return clients.flatMap((client) => {
      const runs = this.#arrived.get(client);
      if (runs?.size !== conditionsOf(client).length) return [];
      const { name, mode, language, protocol, offline, note } = client;
      const lost = conditions.flatMap((condition): [Condition, Step[]][] => {
        const arrived = runs.get(condition) ?? callsOf(client);
        const missing = callsOf(client).filter((step) => !arrived.includes(step));
        return missing.length > 0 ? [[condition, missing]] : [];
      });
      return {
        name,
        ...(mode ? { mode } : {}),
        version: versionOf(client, prepared),
        language,
        protocol,
        calls: runs.get('clear') ?? [],
        lost: Object.fromEntries(lost),
        ...(offline ? { offline } : {}),
        ...(note ? { note } : {}),
      };
    });
  }
}

/** Of the package that was run. */
function versionOf({ language, name, program }: Client, { python, go, classPath }: Prepared): string {
  const found = (() => {
    switch (language) {
      case 'python':
        return run(python, '-c', `import importlib.metadata as m; print(m.version("${name}"))`);
      case 'go':
        return run('go', 'version', '-m', join(go, program))
          .split('\n')
          .map((line) => line.trim().split('\t'))
          .find(([kind, module]) => kind === 'dep' && module === name)?.[2];
      case 'java': {
        const place = `/${name.replaceAll('.', '/').replace(':', '/')}/`;
        return classPath.split(place)[1]?.split('/')[0];
      }
      case 'node':
      case 'browser': {
        const path = join(import.meta.dirname, '../../node_modules', name, 'package.json');
        return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
      }
    }
  })();
  if (!found) throw new Error(`the version of ${name} is not to be found`);
  return found.trim().replace(/^v/, '');
}

function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8' });
}
