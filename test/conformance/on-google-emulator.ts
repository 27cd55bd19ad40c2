import { spawn, spawnSync } from 'node:child_process';
import { on, once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../tools/services/functions/free-port.ts';

/**
 * Runs the tests of this folder, or those that the arguments name, on Google's emulator in place of ours. Exits with 3
 * where that emulator is not installed.
 */

const NOT_INSTALLED = 3;
const START_TIMEOUT_MS = 60_000;
const JEST = join(import.meta.dirname, '..', '..', 'node_modules', 'jest', 'bin', 'jest.js');

const jar = findJar();
if (jar === undefined) {
  console.error(
    "Google's Pub/Sub emulator is not installed: it needs Java and the package google-cloud-cli-pubsub-emulator (gcloud components install pubsub-emulator).",
  );
  process.exit(NOT_INSTALLED);
}
const port = await freePort();
// C1 alone and the serial collector: a second to start, and the two cores are the tests'.
const java = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-jar', jar, '--host=127.0.0.1', `--port=${port}`];
const emulator = spawn('java', java, { stdio: ['ignore', 'ignore', 'pipe'] });
process.on('exit', () => emulator.kill('SIGKILL'));
await listening();
const [, , ...given] = process.argv;
const chosen = given.length > 0 ? given : [import.meta.dirname];
const jest = spawn(
  process.execPath,
  ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', JEST, ...chosen],
  { stdio: 'inherit', env: { ...process.env, GOOGLE_PUBSUB_EMULATOR: `127.0.0.1:${port}` } },
);
const [status] = await once(jest, 'exit');
process.exit(status ?? 1);

function findJar(): string | undefined {
  const gcloud = spawnSync('gcloud', ['info', '--format=value(installation.sdk_root)'], { encoding: 'utf8' });
  const folder = join(gcloud.stdout?.trim() || '/nonexistent', 'platform', 'pubsub-emulator', 'lib');
  const hasJava = spawnSync('java', ['-version']).status === 0;
  return hasJava && existsSync(folder) ? globSync(join(folder, '*.jar'))[0] : undefined;
}

/** Resolves once the emulator listens; reads its log to the end, or it would wait for a reader. */
async function listening(): Promise<void> {
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  const log = createInterface(emulator.stderr);
  for await (const [line] of on(log, 'line', { signal, close: ['close'] })) {
    if (line.includes('Server started, listening')) return;
  }
  throw new Error(`Google's emulator ended before it listened on port ${port}.`);
}
