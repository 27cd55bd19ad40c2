import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../services/functions/free-port.ts';

/** How to start what is measured. */
export interface Program {
  /** A deployed function's folder, or the one of a plain script. */
  readonly folder: string;
  /** The function's name; none for a plain script, `index.js`. */
  readonly target?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Gives it a channel for messages, which costs it a little of its start. */
  readonly channel?: boolean;
}

/** A process on a core of its own, and what it uses, as Linux counts it (proc(5)). */
export interface PinnedProcess {
  readonly child: ChildProcess;
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  readonly port: number;
  /** CPU time of all its threads so far, in milliseconds. */
  cpuMs(): number;
  /** Resident memory, in MiB. */
  residentMiB(): number;
  /** The most that was resident since the start, or since it was reset, in MiB. */
  peakMiB(): number;
  resetPeak(): void;
  /** Lines at ERROR that it wrote. */
  readonly errors: readonly string[];
  stop(): Promise<void>;
}

const FRAMEWORK = join(createRequire(import.meta.url).resolve('@google-cloud/functions-framework'), '..', 'main.js');
const MEASURED_CORE = cpus().length - 1;
const OTHER_CORES = MEASURED_CORE > 1 ? `0-${MEASURED_CORE - 1}` : '0';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Keeps this process, and what it starts from now on, off the core of what is measured, where there
 * is more than one.
 */
export function leaveMeasuredCore(): void {
  if (MEASURED_CORE > 0) spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', OTHER_CORES, `${process.pid}`]);
}

/**
 * Starts a program on the last core. Who calls this waits for its first answer. What it writes is
 * read, as a log agent would.
 */
export async function startPinned({ folder, target, env, channel }: Program): Promise<PinnedProcess> {
  const port = await freePort();
  const script =
    target === undefined
      ? [join(folder, 'index.js')]
      : [FRAMEWORK, `--source=${folder}`, `--target=${target}`, `--port=${port}`];
  const child = spawn('taskset', ['--cpu-list', String(MEASURED_CORE), process.execPath, ...script], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'inherit', channel ? 'ipc' : 'ignore'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const errors: string[] = [];
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"severity":"ERROR"')) errors.push(line);
    });
  }
  const file = (name: string): string => join('/proc', String(child.pid), name);
  const status = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(file('status'), 'utf8'))?.[1]) / 1024;
  return {
    child,
    origin: `http://127.0.0.1:${port}`,
    port,
    cpuMs: () => readdirSync(file('task')).reduce((sum, thread) => sum + runMs(file(`task/${thread}/schedstat`)), 0),
    residentMiB: () => status('VmRSS'),
    peakMiB: () => status('VmHWM'),
    resetPeak: () => writeFileSync(file('clear_refs'), '5'),
    errors,
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await exited;
    },
  };
}

/** `schedstat` counts nanoseconds, where `stat` counts hundredths of a second. */
function runMs(schedstat: string): number {
  return Number(readFileSync(schedstat, 'utf8').split(' ')[0]) / 1e6;
}
