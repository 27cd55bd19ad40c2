import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { howItEnds, type Supervised } from '../supervise.ts';

/** One function under its own functions-framework, as in production. */
export interface FunctionProcess extends Supervised {
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
  /** The environment besides what every function gets. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told each line that it writes to stdout or stderr. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Ends it while it starts. */
  readonly signal?: AbortSignal;
}

/**
 * How Node.js runs a function, as Terraform deploys it: at most 8 MiB for new objects, which saves 80 to
 * 90 MiB (docs/speed.md). V8 takes this only from its start.
 */
export const NODE_OPTIONS = '--max-semi-space-size=8';

const READY_TIMEOUT_MS = 15_000;
const KILL_AFTER_MS = 10_000;
/** So that the function does not outlive whoever started it, however that one ended. */
const END_WITH_PARENT = 'data:text/javascript,process.once("disconnect",()=>process.kill(process.pid,"SIGTERM"))';

/**
 * Starts a function and waits until it accepts connections. It ends with this process, whatever
 * ends it, and a ctrl-C on the terminal reaches it only through `stop`.
 * @throws Error with the last lines it wrote, where it does not come up.
 */
export async function startFunction({
  folder,
  target,
  port,
  env,
  onLine = () => {},
  signal,
}: FunctionOptions): Promise<FunctionProcess> {
  const framework = join(createRequire(import.meta.url).resolve('@google-cloud/functions-framework'), '..', 'main.js');
  const child = spawn(
    process.execPath,
    ['--import', END_WITH_PARENT, framework, `--source=${folder}`, `--target=${target}`, `--port=${port}`],
    {
      // There is no metadata server to look for here.
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        NODE_ENV: 'production',
        NODE_OPTIONS,
        METADATA_SERVER_DETECTION: 'none',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    },
  );
  const last: string[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface(child[stream] as Readable).on('line', (line) => {
      last.push(line);
      if (last.length > 20) last.shift();
      onLine(line, stream);
    });
  }
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const ended = howItEnds(child);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    await exited;
    clearTimeout(kill);
  };
  const end = (): unknown => child.kill('SIGKILL');
  signal?.addEventListener('abort', end, { once: true });
  try {
    await accepting(port, child);
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    throw new Error(`${target} did not start on port ${port}: ${(error as Error).message}\n${last.join('\n')}`);
  }
  signal?.removeEventListener('abort', end);
  return { url: `http://127.0.0.1:${port}`, process: child, exited, ended, stop };
}

async function accepting(port: number, child: ChildProcess): Promise<void> {
  const until = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < until) {
    const { exitCode, signalCode } = child;
    if (exitCode !== null || signalCode !== null)
      throw new Error(`it ended with ${signalCode ?? `exit code ${exitCode}`}`);
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await sleep(20);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`nothing accepts connections after ${READY_TIMEOUT_MS / 1000} s`);
}
