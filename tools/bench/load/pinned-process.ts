import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { freePort } from '../../services/functions/free-port.ts';
import { type FunctionProcess, startFunction } from '../../services/functions/function-process.ts';

/** A function on one core of its own, and what it uses. */
export interface PinnedProcess extends FunctionProcess {
  /** CPU time so far, in seconds. */
  cpuSeconds(): number;
  /** Resident memory, in MiB. */
  residentMiB(): number;
  /** The most it ever was. */
  peakMiB(): number;
  /** Lines at ERROR that it wrote. */
  errors(): number;
}

/** Linux counts a process's CPU time in these. */
const TICKS_PER_SECOND = 100;

/** Starts a function of `dist/` and keeps it on the last core; everything else is kept off it where there is another. */
export async function startPinned(
  folder: string,
  target: string,
  env: Readonly<Record<string, string>>,
): Promise<PinnedProcess> {
  let errors = 0;
  const running = await startFunction({
    folder,
    target,
    port: await freePort(),
    env,
    onLine: (line) => {
      if (line.includes('"severity":"ERROR"')) errors += 1;
    },
  });
  const { pid } = running.process;
  const last = cpus().length - 1;
  if (pid !== undefined) pin(pid, String(last));
  if (last > 0) pin(process.pid, last === 1 ? '0' : `0-${last - 1}`);
  const status = (field: string): number =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  return {
    ...running,
    errors: () => errors,
    residentMiB: () => status('VmRSS'),
    peakMiB: () => status('VmHWM'),
    cpuSeconds() {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
  };
}

/** True where the process could be kept on these cores, with all its threads. */
export function pin(pid: number, cores: string): boolean {
  return spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)]).status === 0;
}
