import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const CONFIG = join(import.meta.dirname, 'redocly.yaml');

/**
 * Runs the Redocly CLI with this repository's configuration, without telemetry and without looking for updates.
 * @param nodeOptions for the process that runs it.
 * @returns what it printed.
 * @throws Error with what it printed, where it fails.
 */
export async function redocly(args: readonly string[], nodeOptions: readonly string[] = []): Promise<string> {
  const cli = join(dirname(createRequire(import.meta.url).resolve('@redocly/cli/package.json')), 'bin', 'cli.js');
  const env = { PATH: process.env['PATH'], REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  try {
    const run = promisify(execFile);
    const { stdout, stderr } = await run(process.execPath, [...nodeOptions, cli, ...args, '--config', CONFIG], { env });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`redocly ${args[0]} failed:\n${stdout}${stderr}`, { cause: error });
  }
}
