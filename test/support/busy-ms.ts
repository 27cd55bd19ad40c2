import { existsSync, readFileSync } from 'node:fs';

/**
 * Milliseconds that a process's main thread has run so far: on a machine that is busy with other work, unlike a clock,
 * this tells what the process itself takes. Where the system does not say (only Linux does), a clock.
 * @see https://docs.kernel.org/scheduler/sched-stats.html
 */
export function busyMs(pid: number): number {
  const file = `/proc/${pid}/schedstat`;
  if (!existsSync(file)) return performance.now();
  const [nanoseconds] = readFileSync(file, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}
