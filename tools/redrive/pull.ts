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
 * Pulls batches from a subscription until it stays empty: what is new in each, and what comes again, because its lease
 * has run out.
 * @param ackIds gets the latest ack ids, by message id. All that was pulled stays leased while the run lasts, so that
 *   it is not pulled again.
 * @throws Failure, after five in a row that are transient, or one that is not.
 */
export async function* pullUntilEmpty(
  pubsub: PubSub,
  maxMessages: number,
  { idleMs, stop }: Bounds,
  ackIds: Map<string, string>,
): AsyncGenerator<{ fresh: DeadLetter[]; repeated: DeadLetter[] }> {
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: stop }).catch(() => {});
  let newsAt = performance.now();
  let failures = 0;
  while (!stop.aborted && performance.now() - newsAt < idleMs) {
    const batch = await pubsub.pull(maxMessages).catch((error: Failure) => {
      failures += 1;
      if (!error.transient || failures === MAX_FAILURES) throw error;
      return undefined;
    });
    if (batch === undefined) {
      await pause(PAUSE_AFTER_FAILURE_MS);
      // Its answer may have held messages, which come again when their lease ends.
      newsAt = performance.now();
      continue;
    }
    failures = 0;
    const { fresh = [], repeated = [] } = Object.groupBy(batch, ({ messageId }) =>
      ackIds.has(messageId) ? 'repeated' : 'fresh',
    );
    for (const { messageId, ackId } of batch) ackIds.set(messageId, ackId);
    if (batch.length > 0) yield { fresh, repeated };
    if (fresh.length > 0) newsAt = performance.now();
    else await pause(PAUSE_MS);
  }
}
