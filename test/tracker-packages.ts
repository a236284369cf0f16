import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Builds both packages as `npm pack` would, and puts them where npm would install them for `folder`. */
export function installTrackers(folder: string): void {
  for (const name of ['browser', 'node']) {
    const place = join(folder, 'node_modules/@tributary', name);
    mkdirSync(place, { recursive: true });
    cpSync(join(root, 'trackers', name, 'package.json'), join(place, 'package.json'));
    execFileSync(process.execPath, [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      join(root, 'trackers', name, 'tsconfig.build.json'),
      '--outDir',
      join(place, 'dist'),
    ]);
  }
}
