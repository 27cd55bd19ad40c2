import { setTimeout as sleep } from 'node:timers/promises';
import type { DeadLetter } from './dead-letter.ts';
import { Failure } from './failure.ts';
import type { PubSub } from './pubsub.ts';

/** How one pull, and the whole run, is bounded. */
export interface Bounds {
  /** The run ends when no new message has come for this long, in ms: a pull may be empty while there are messages. */
  readonly idleMs: number;
  /** Aborts when the user wants to stop. A pull that is under way is waited for, so that nothing it takes stays leased. */
  readonly stop: AbortSignal;
}

/**
 * How long a pull waits for messages. Short, since the user's wish to stop waits as long; not too short, since what Pub/Sub gives just when
 * a pull is given up stays leased to nobody.
 */
const WAIT_MS = 3_000;
const MAX_OUTAGES = 5;
const OUTAGE_PAUSE_MS = 1_000;

/**
 * Takes batches from a subscription until it stays empty.
 * @param isNew false for messages that this run has seen before: their lease has run out and they came again.
 * @throws Failure, after five outages in a row.
 */
export async function* takeUntilEmpty(
  pubsub: PubSub,
  { idleMs, stop }: Bounds,
  isNew: (deadLetter: DeadLetter) => boolean,
): AsyncGenerator<DeadLetter[], void, void> {
  let newsAt = performance.now();
  let outages = 0;
  while (!stop.aborted) {
    try {
      if (performance.now() - newsAt > idleMs) {
        // Pulls that time out look the same whether the subscription is empty or the network is gone.
        await pubsub.lookUp();
        return;
      }
      const batch = await pubsub.take(WAIT_MS);
      outages = 0;
      if (batch.length === 0) continue;
      const news = batch.some(isNew);
      yield batch;
      if (news) newsAt = performance.now();
    } catch (error) {
      outages += 1;
      if (!(error instanceof Failure && error.outage) || outages >= MAX_OUTAGES) throw error;
      await sleep(OUTAGE_PAUSE_MS);
      newsAt = performance.now();
    }
  }
}
