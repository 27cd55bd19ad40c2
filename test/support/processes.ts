import { readdirSync, readFileSync } from 'node:fs';

/** The processes that a process has started, and those that they have. */
export function descendantsOf(pid: number): number[] {
  const children = processes().filter((other) => parentOf(other) === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** The process ids among these that are still there. */
export function alive(pids: readonly number[]): number[] {
  return pids.filter((pid) => parentOf(pid) !== undefined);
}

/** The processes of this machine. */
export function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number);
}

/** Program and arguments of a process, separated by blanks; '' where it is gone. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** The parent of a process, undefined where there is no such process (any longer). */
function parentOf(pid: number): number | undefined {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return state === 'Z' ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}
