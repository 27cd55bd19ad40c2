import { setTimeout as sleep } from 'node:timers/promises';
import type { DeadLetter } from './dead-letter.ts';
import type { Failure } from './failure.ts';
import type { PubSub } from './pubsub.ts';

/** How a run is bounded. */
export interface Bounds {
  /**
   * The run ends when no new message has come for this long, in ms. If it is longer than the
   * subscription's ack deadline, what others have leased comes within it too.
   */
  readonly idleMs: number;
  /** Aborts when the user wants to stop. */
  readonly stop: AbortSignal;
}

const PAUSE_MS = 250;
const MAX_FAILURES = 5;
const PAUSE_AFTER_FAILURE_MS = 1_000;

/**
 * Pulls batches from a subscription until it stays empty.
 * @param handle false where the run has seen the whole batch before: leases have run out and the
 *   messages came again.
 * @throws Failure, after five in a row that are transient, or one that is not.
 */
export async function pullUntilEmpty(
  pubsub: PubSub,
  maxMessages: number,
  { idleMs, stop }: Bounds,
  handle: (batch: readonly DeadLetter[]) => boolean | Promise<boolean>,
): Promise<void> {
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: stop }).catch(() => {});
  let newsAt = performance.now();
  let failures = 0;
  while (!stop.aborted && performance.now() - newsAt < idleMs) {
    const batch = await pubsub.pull(maxMessages).catch((error: Failure) => {
      failures += 1;
      if (!error.transient || failures === MAX_FAILURES) throw error;
      return undefined;
    });
    if (batch === undefined) await pause(PAUSE_AFTER_FAILURE_MS);
    else failures = 0;
    // Also after a failure: its answer may have held messages, which come again when their lease ends.
    if (batch === undefined || (batch.length > 0 && (await handle(batch)))) newsAt = performance.now();
    else await pause(PAUSE_MS);
  }
}
