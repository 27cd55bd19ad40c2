import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const BUILD = join(import.meta.dirname, '..', '..', 'build', 'build.ts');

/**
 * Builds both functions, in a process group of its own: a ctrl-C on the terminal would end the bundler below us in the middle of a word.
 * @throws Error with what the build said.
 */
export async function buildFunctions(): Promise<void> {
  const child = spawn(process.execPath, [BUILD], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(said.trim() || `the build ended with exit code ${code}`);
}
