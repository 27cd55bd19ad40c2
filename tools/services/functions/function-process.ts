import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram } from '../program.ts';

/** One function under its own functions-framework, as in production. */
export type FunctionProcess = Awaited<ReturnType<typeof startFunction>>;

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
/** So that the function does not outlive whoever started it, however that one ended. */
const END_WITH_PARENT = 'data:text/javascript,process.once("disconnect",()=>process.kill(process.pid,"SIGTERM"))';
const FRAMEWORK = join(createRequire(import.meta.url).resolve('@google-cloud/functions-framework'), '..', 'main.js');

/** What Node.js has to run for functions-framework to serve a function. */
export function frameworkArgs(folder: string, target: string, port: number): string[] {
  return [FRAMEWORK, `--source=${folder}`, `--target=${target}`, `--port=${port}`];
}

/**
 * Starts a function and waits until it accepts connections. It ends with this process, whatever
 * ends it, and a ctrl-C on the terminal reaches it only through `stop`.
 * @throws Error with the last lines it wrote, where it does not come up.
 */
export async function startFunction({ folder, target, port, env, onLine, signal }: FunctionOptions) {
  const args = ['--import', END_WITH_PARENT, ...frameworkArgs(folder, target, port)];
  const { PATH, HOME } = process.env;
  const { child, last, ended, stop } = startProgram(
    process.execPath,
    args,
    {
      // There is no metadata server to look for here.
      env: { PATH, HOME, NODE_ENV: 'production', NODE_OPTIONS, METADATA_SERVER_DETECTION: 'none', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    },
    onLine,
  );
  const end = (): unknown => child.kill('SIGKILL');
  signal?.addEventListener('abort', end, { once: true });
  const until = performance.now() + READY_TIMEOUT_MS;
  try {
    while (!(await accepts(port))) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ${await ended}`);
      if (performance.now() > until) throw new Error(`nothing accepts connections after ${READY_TIMEOUT_MS / 1000} s`);
      await sleep(20);
    }
  } catch (error) {
    await stop('SIGKILL');
    throw new Error(`${target} did not start on port ${port}: ${(error as Error).message}\n${last.join('\n')}`);
  }
  signal?.removeEventListener('abort', end);
  return {
    /** `http://127.0.0.1:<port>`. */
    url: `http://127.0.0.1:${port}`,
    process: child,
    /** How it ended, in words. */
    ended,
    /** Settles with the exit code, or null where a signal ended it. */
    exited: ended.then(() => child.exitCode),
    /** Ends it as Cloud Run does: SIGTERM, and SIGKILL when it has not gone 10 s later. */
    stop: () => stop('SIGTERM'),
  };
}

/** Whether something accepts connections on a port of this machine. */
export async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
