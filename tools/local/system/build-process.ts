import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';

const DEPLOY = join(import.meta.dirname, '..', '..', 'build', 'deploy.ts');

/**
 * Builds both functions and deploys them like Google's buildpack, in a process group of its own: a
 * ctrl-C on the terminal would end the bundler below us in the middle of a word.
 * @returns the folder that holds a folder for each
 * @throws Error with what the build said.
 */
export async function buildFunctions(): Promise<string> {
  const child = spawn(process.execPath, [DEPLOY], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const [folders, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(said.trim() || `the build ended with exit code ${code}`);
  const [first = ''] = folders.split('\n');
  return dirname(first);
}
