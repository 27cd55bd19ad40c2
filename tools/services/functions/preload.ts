import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** `NODE_OPTIONS` that has a process run a piece of JavaScript before anything else. */
export function preload(source: string): string {
  return `--import "data:text/javascript,${encodeURIComponent(source)}"`;
}

/** Sends a message to what was preloaded into a child process, and waits for its answer. */
export async function ask(child: ChildProcess): Promise<number> {
  const told = once(child, 'message');
  child.send('tell');
  const [answer] = await told;
  return answer as number;
}
