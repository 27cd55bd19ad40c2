import { spawn } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** The file that `entry.cjs` looks for. Another version or architecture looks for another one, and finds none. */
export const CACHE_NAME = `bundle.${process.version}-${process.arch}.cache`;

/**
 * Compiles a script to V8's code cache, every function of it, so that nothing is compiled at start.
 *
 * The same source gives the same bytes: nothing is run, so neither order nor timing matters, and the process that compiles
 * has a fixed random seed (V8's strings are hashed with it), which V8 does not count among the flags a cache depends on.
 *
 * @throws Error where the process fails or V8 would refuse what it wrote
 */
export async function compileCache(source: string): Promise<Buffer> {
  const child = spawn(process.execPath, ['--random-seed=1', import.meta.filename], {
    env: {},
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
  child.stdin.end(source);
  const [code, cache] = await Promise.all([exit, buffer(child.stdout)]);
  if (code !== 0) throw new Error(`The code cache could not be made: exit code ${code}`);
  return cache;
}

function compileAll(source: string): Buffer {
  // Set back before the data is made, which records the flags it depends on.
  setFlagsFromString('--no-lazy');
  const script = new Script(source);
  setFlagsFromString('--lazy');
  return script.createCachedData();
}

if (import.meta.main) {
  const source = await text(process.stdin);
  const cache = compileAll(source);
  if (new Script(source, { cachedData: cache }).cachedDataRejected) throw new Error('V8 refuses its own code cache');
  process.stdout.write(cache);
}
