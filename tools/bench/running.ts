import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../services/functions/free-port.ts';
import type { Subject } from './subjects.ts';

/** A subject's process. */
export interface Running {
  readonly url: string;
  /** CPU time used so far, in microseconds. */
  cpuMicros(): number;
  /** Resident memory, in MiB. */
  residentMiB(): number;
  stop(): Promise<void>;
}

const FRAMEWORK = join(createRequire(import.meta.url).resolve('@google-cloud/functions-framework'), '..', 'main.js');
/** Linux counts a process's CPU time in these. */
const TICK_MICROS = 10_000;

/** True where processes can be kept on one core each: the subject on the first, everything else on the others. */
export const canPin = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** Starts a subject on one core and waits for its first true answer. What it writes is read and thrown away, as a log agent would read it. */
export async function run(subject: Subject): Promise<Running & { readonly coldStartMs: number }> {
  const port = await freePort();
  const { folder, target, env } = subject.start;
  const args =
    target === ''
      ? [join(folder, 'index.js')]
      : [FRAMEWORK, `--source=${folder}`, `--target=${target}`, `--port=${port}`];
  const command = canPin ? ['taskset', '-c', '0', process.execPath, ...args] : [process.execPath, ...args];
  const startedAt = performance.now();
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.resume();
  const url = `http://127.0.0.1:${port}${subject.path}`;
  await firstAnswer(subject, url, child);
  const coldStartMs = performance.now() - startedAt;
  return {
    url,
    coldStartMs,
    cpuMicros: () => ticks(child) * TICK_MICROS,
    residentMiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Asks without a pause until the port is open, as Cloud Run's proxy does, and then for one answer. */
async function firstAnswer(subject: Subject, url: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${subject.name} ended with exit code ${child.exitCode}`);
    const status = await post(url, subject.request());
    if (status === 204) return;
    if (status !== undefined) throw new Error(`${subject.name} answered its first request with ${status}`);
    await sleep(1);
  }
}

/** Sends one request on a connection of its own; undefined where nobody listens yet. */
export function post(
  url: string,
  { headers, body }: ReturnType<Subject['request']>,
  agent?: Agent,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const sent = request(
      url,
      { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) }, ...(agent && { agent }) },
      (res) => {
        res.resume().on('end', () => resolve(res.statusCode));
      },
    );
    sent.on('error', () => resolve(undefined)).end(body);
  });
}

function ticks(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
