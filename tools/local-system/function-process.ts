import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** One function under its own functions-framework, as in production. */
export interface FunctionProcess {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly process: ChildProcess;
  /** Settles with the exit code, or null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Ends it as Cloud Run does: SIGTERM, and SIGKILL when it has not gone 10 s later. */
  stop(): Promise<void>;
}

/** How to run a function. */
export interface FunctionOptions {
  /** A folder that `npm run build` wrote. */
  readonly folder: string;
  /** `incidentWebhook` or `incidentLead`. */
  readonly target: string;
  readonly port: number;
  /** The whole environment besides PATH and HOME. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told each line that it writes to stdout or stderr. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

const READY_TIMEOUT_MS = 15_000;
const KILL_AFTER_MS = 10_000;

/**
 * Starts a function and waits until it accepts connections.
 * @throws Error with the last lines it wrote, where it does not come up.
 */
export async function startFunction({
  folder,
  target,
  port,
  env,
  onLine = () => {},
}: FunctionOptions): Promise<FunctionProcess> {
  const framework = join(createRequire(import.meta.url).resolve('@google-cloud/functions-framework'), '..', 'main.js');
  const child = spawn(process.execPath, [framework, `--source=${folder}`, `--target=${target}`, `--port=${port}`], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const last: string[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[stream] }).on('line', (line) => {
      last.push(line);
      if (last.length > 20) last.shift();
      onLine(line, stream);
    });
  }
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    await exited;
    clearTimeout(kill);
  };
  const running = { url: `http://127.0.0.1:${port}`, process: child, exited, stop };
  try {
    await Promise.race([
      accepting(port),
      exited.then((code) => {
        throw new Error(`it ended with exit code ${code}`);
      }),
    ]);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${target} did not start on port ${port}: ${(error as Error).message}\n${last.join('\n')}`);
  }
  return running;
}

async function accepting(port: number): Promise<void> {
  const until = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < until) {
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (accepted) return;
    await sleep(20);
  }
  throw new Error(`nothing accepts connections after ${READY_TIMEOUT_MS / 1000} s`);
}
