import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What a command left behind. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const ROOT = join(import.meta.dirname, '..', '..');

/** Starts a program in the root of the project. Nothing of the environment counts but what is given. */
export function startCommand(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A test may close what it does not want to read.
  const output = [child.stdout, child.stderr].map((stream) => text(stream).catch(() => ''));
  const done: Promise<Run> = Promise.all([once(child, 'close'), ...output]).then(
    ([[code], stdout = '', stderr = '']) => ({ code, stdout, stderr }),
  );
  return { child, done };
}
