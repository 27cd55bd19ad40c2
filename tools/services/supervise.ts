import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Something that may end by itself. */
export interface Supervised {
  /** How it ended, such as `was killed (SIGKILL)`. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** Told in a sentence what happens to it. */
export interface Supervision {
  readonly onRestart: (sentence: string) => void;
  /** It could not be started again. */
  readonly onLost: (sentence: string) => void;
}

/** What ends twice in a row sooner than this after it was started would only end again. */
const SETTLED_AFTER_MS = 2_000;

/**
 * Starts something and keeps it running until `stop`.
 * @param name as sentences begin with it.
 * @param again how it is started again, as in `starting it again, ...`.
 */
export async function supervise(
  name: string,
  again: string,
  start: () => Promise<Supervised>,
  { onRestart, onLost }: Supervision,
): Promise<{ stop(): Promise<void> }> {
  let stopping = false;
  let restarting: Promise<void> = Promise.resolve();
  let running = await start();
  let early = 0;
  const watch = async (startedAt: number): Promise<void> => {
    const sentence = `${name} ${await running.ended}, which nobody asked for`;
    if (stopping) return;
    early = performance.now() - startedAt < SETTLED_AFTER_MS ? early + 1 : 0;
    if (early > 1) return onLost(`${sentence}, right after it was started again`);
    onRestart(`${sentence}; ${again}`);
    restarting = restart().catch((error: Error) => {
      if (!stopping) onLost(`${name} could not be started again: ${error.message}`);
    });
  };
  const restart = async (): Promise<void> => {
    const startedAt = performance.now();
    running = await start();
    void watch(startedAt);
  };
  void watch(performance.now());
  return {
    async stop() {
      stopping = true;
      await restarting;
      await running.stop();
    },
  };
}

/** How a process ended, in words. */
export async function howItEnds(child: ChildProcess): Promise<string> {
  const [code, signal] = await once(child, 'exit');
  return code === null ? `was killed (${signal})` : `ended with exit code ${code}`;
}
