import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const LINES_KEPT = 20;
const KILL_AFTER_MS = 10_000;

/**
 * Starts a program.
 * @param onLine told each line that it writes to a pipe.
 */
export function startProgram(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  onLine: (line: string, stream: 'stdout' | 'stderr') => void = () => {},
) {
  const child = spawn(command, args, options);
  const last: string[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    const pipe = child[stream];
    if (pipe === null) continue;
    createInterface(pipe).on('line', (line) => {
      last.push(line);
      if (last.length > LINES_KEPT) last.shift();
      onLine(line, stream);
    });
  }
  const ended = howItEnds(child);
  return {
    child,
    /** The last lines that it wrote. */
    last,
    /** How it ended, such as `was killed (SIGKILL)`. By then everything that it wrote has been read. */
    ended,
    /** Ends it with a signal, and with SIGKILL when it has not gone 10 s later. */
    async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
      child.kill(signal);
      const kill = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
      await ended;
      clearTimeout(kill);
    },
  };
}

/** How a process ended, in words, once it and all that writes to its pipes have. */
export async function howItEnds(child: ChildProcess): Promise<string> {
  const [code, signal] = await once(child, 'close');
  return code === null ? `was killed (${signal})` : `ended with exit code ${code}`;
}
