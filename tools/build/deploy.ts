import { exec } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from './build.ts';
import { printPaths } from './print-paths.ts';
import { replaceFolder } from './replace-folder.ts';

/**
 * Where the copies go: ignored by Git, and below the repository, whose packages they find as if
 * they were installed.
 */
const DEPLOYED = join(import.meta.dirname, '..', '..', '.local', 'deployed');

/**
 * Does to a deployable what Google's buildpack does: runs the script `gcp-build`, with this
 * Node.js, in a copy. Installing is left out, since the copy finds the repository's packages, which
 * are those of its lock file.
 *
 * @param folder one that `build()` returned; it is left as it is
 * @param into where to put the copy, which is named like `folder`; below the repository
 * @returns the copy's absolute path; the next call for a folder of that name replaces it
 * @throws Error with what the script wrote, where it fails
 */
export async function deployLikeBuildpack(folder: string, into: string = DEPLOYED): Promise<string> {
  const deployed = join(into, basename(folder));
  await replaceFolder(deployed, async (copy) => {
    cpSync(folder, copy, { recursive: true });
    const { scripts } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'));
    // Nothing else of this process's environment: options of Node.js would get into the cache.
    const env = { PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) };
    await promisify(exec)(scripts['gcp-build'], { cwd: copy, env });
  });
  return deployed;
}

/** Builds both functions and deploys them like the buildpack. */
export async function deploy(): Promise<string[]> {
  return await Promise.all((await build()).map((folder) => deployLikeBuildpack(folder)));
}

if (import.meta.main) await printPaths('deploy', deploy());
