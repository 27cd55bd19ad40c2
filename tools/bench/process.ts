import { type ChildProcess, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../services/functions/free-port.ts';
import { frameworkArgs } from '../services/functions/function-process.ts';
import { startProgram } from '../services/program.ts';
import { type Outcome, post, type Request } from './send.ts';

/** Something to measure: how it is started, and what it answers with 204. */
export interface Subject {
  readonly name: string;
  /** A deployed function's folder, or a script. */
  readonly source: string;
  /** The function's name; a script without one runs by itself. */
  readonly target?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly path: string;
  readonly request: () => Request;
  /** Gives the process a channel for messages, which costs it a little of its start. */
  readonly channel?: boolean;
}

/** A subject with other variables in its environment. */
export function withEnv(subject: Subject, env: Subject['env']): Subject {
  return { ...subject, env: { ...subject.env, ...env } };
}

/** A subject's process that has given its first true answer. */
export type Running = Awaited<ReturnType<typeof start>>;

const MEASURED_CORE = cpus().length - 1;
const OTHER_CORES = MEASURED_CORE > 1 ? `0-${MEASURED_CORE - 1}` : '0';

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/**
 * Keeps this process, and what it starts from now on, off the core of what is measured, where there
 * is more than one.
 */
export function leaveMeasuredCore(): void {
  if (MEASURED_CORE > 0) spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', OTHER_CORES, `${process.pid}`]);
}

/**
 * Starts a subject on the last core and asks without a pause until its port is open, as Cloud Run's
 * proxy does, and then for one answer. What it writes is read, as a log agent would.
 * @throws Error where that answer is not 204
 */
export async function start(subject: Subject) {
  const { source, target, env, path, request, channel } = subject;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}${path}`;
  const script = target === undefined ? [source] : frameworkArgs(source, target, port);
  /** Lines at ERROR that it wrote. */
  const errors: string[] = [];
  const startedAtMs = performance.now();
  const { child, stop } = startProgram(
    'taskset',
    ['--cpu-list', String(MEASURED_CORE), process.execPath, ...script],
    {
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'inherit', channel ? 'ipc' : 'ignore'],
    },
    (line) => {
      if (line.includes('"severity":"ERROR"')) errors.push(line);
    },
  );
  children.add(child);
  /** Sends it one of its requests. */
  const send = (): Promise<Outcome> => post(url, request());
  for (let outcome = await send(); outcome !== 204; outcome = await send()) {
    if (outcome !== 'ECONNREFUSED' || child.exitCode !== null) {
      await stop();
      throw new Error([`${subject.name} answered its first request with ${outcome}`, ...errors].join('\n'));
    }
    await sleep(1);
  }
  const usage = usageOf(child);
  /** From the start of the process to its first 204, in milliseconds: on the clock, and of CPU time. */
  const started = { wallMs: performance.now() - startedAtMs, cpuMs: usage.cpuMs() };
  return { ...subject, ...usage, child, port, url, errors, send, started, [Symbol.asyncDispose]: () => stop() };
}

/** What a process uses, as Linux counts it (proc(5)). */
function usageOf({ pid }: ChildProcess) {
  const file = (...names: string[]): string => join('/proc', String(pid), ...names);
  // `schedstat` counts nanoseconds, where `stat` counts hundredths of a second.
  const nanoseconds = (thread: string): number =>
    Number(readFileSync(file('task', thread, 'schedstat'), 'utf8').split(' ')[0]);
  const status = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(file('status'), 'utf8'))?.[1]) / 1024;
  return {
    /** CPU time of all its threads so far, in milliseconds. */
    cpuMs: () => readdirSync(file('task')).reduce((sum, thread) => sum + nanoseconds(thread) / 1e6, 0),
    /** Resident memory, in MiB. */
    residentMiB: () => status('VmRSS'),
    /** The most that was resident since the start, or since it was reset, in MiB. */
    peakMiB: () => status('VmHWM'),
    resetPeak: () => writeFileSync(file('clear_refs'), '5'),
  };
}
