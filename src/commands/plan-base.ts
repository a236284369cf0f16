import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { lookAtPlan, type Plan } from '../plan/plan.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';

const run = promisify(execFile);
const maxBytes = 64 * 2 ** 20;

/** The plan to compare with: that of a folder of schemas (or of a workspace), or `folder` as it was at a commit, branch or tag of git. */
export async function planAt(base: string, folder: string): Promise<Plan> {
  if (existsSync(base) && statSync(base).isDirectory()) {
    const inside = join(base, 'schemas');
    return lookAtPlan(existsSync(inside) ? inside : resolve(base));
  }
  if (base.startsWith('-'))
    throw new TributaryError('bad-request', `"${base}" is no folder and no ref of git`);
  const copy = mkdtempSync(join(tmpdir(), 'tributary-base-'));
  try {
    await checkOut(base, folder, copy);
    return lookAtPlan(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Writes the files of `folder` as they were into `copy`; none when there was no such folder. */
async function checkOut(ref: string, folder: string, copy: string): Promise<void> {
  // the folder itself may be new, or gone
  let place = folder;
  while (!existsSync(place)) place = dirname(place);
  const git = async (...words: string[]): Promise<string> =>
    (await run('git', words, { cwd: place, maxBuffer: maxBytes })).stdout;
  let top: string;
  let commit: string;
  try {
    top = (await git('rev-parse', '--show-toplevel')).trim();
    commit = (await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`)).trim();
  } catch (error) {
    throw new TributaryError(
      'bad-request',
      `"${ref}" is no folder, and git does not know it in ${place}: fetch it first, or name a folder with --base (${messageOf(error).split('\n')[0]})`,
    );
  }
  const path = relative(top, folder);
  const listed = await git('ls-tree', '-r', '-z', '--name-only', '--full-tree', commit, '--', path);
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    const to = join(copy, relative(path, file));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, await git('show', `${commit}:${file}`));
  }
}
