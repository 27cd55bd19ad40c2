import { setTimeout as sleep } from 'node:timers/promises';
import type { DeadLetter } from './dead-letter.ts';
import { Failure } from './failure.ts';
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
 * @param isNew false for messages that this run has seen before: their lease has run out and they came again.
 * @throws Failure, after five in a row that are transient, or one that is not.
 */
export async function* pullUntilEmpty(
  pubsub: PubSub,
  maxMessages: number,
  { idleMs, stop }: Bounds,
  isNew: (deadLetter: DeadLetter) => boolean,
): AsyncGenerator<DeadLetter[], void, void> {
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: stop }).catch(() => {});
  let newsAt = performance.now();
  let failures = 0;
  while (!stop.aborted && performance.now() - newsAt < idleMs) {
    try {
      const batch = await pubsub.pull(maxMessages);
      failures = 0;
      const news = batch.some(isNew);
      if (batch.length > 0) yield batch;
      if (news) newsAt = performance.now();
      else await pause(PAUSE_MS);
    } catch (error) {
      failures += 1;
      if (!(error instanceof Failure && error.transient) || failures >= MAX_FAILURES) throw error;
      await pause(PAUSE_AFTER_FAILURE_MS);
      newsAt = performance.now();
    }
  }
}
