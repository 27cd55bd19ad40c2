import type { DeadLetter } from './dead-letter.ts';
import { Failure } from './failure.ts';
import { Held } from './held.ts';
import type { PubSub } from './pubsub.ts';
import { type Bounds, takeUntilEmpty } from './take.ts';

/** How far a run has come. */
export interface Progress {
  /** Taken and to be moved. */
  readonly taken: number;
  readonly moved: number;
  readonly failed: number;
}

/** What a run did. */
export interface Outcome extends Progress {
  /** Why messages were not published again; they stay in the subscription. */
  readonly failures: readonly { readonly deadLetter: DeadLetter; readonly why: string }[];
  /** Published again, but the acknowledgement failed: another run would publish them once more. */
  readonly unacknowledged: number;
  /** Dead-lettered after the run began; left alone. */
  readonly newer: number;
  /** Taken, but not begun when the run ended. */
  readonly untouched: number;
  /** False where leases could not be given back; they run out by themselves. */
  readonly gaveBack: boolean;
  /** What ended the run early. */
  readonly fatal: Failure | undefined;
}

/** Published at the same time; so many messages at most are published but not acknowledged if the process is killed. */
const SLICE = 50;
/** So many in a row that fail for lack of Pub/Sub end the run. */
const MAX_OUTAGES = 50;

/**
 * Moves dead letters: each is published again and acknowledged once that is confirmed.
 * @param before only messages dead-lettered before this: what fails again after it was moved is not moved again.
 */
export async function moveDeadLetters(
  pubsub: PubSub,
  before: Date,
  bounds: Bounds,
  onProgress: (progress: Progress) => void,
): Promise<Outcome> {
  const moved = new Set<string>();
  const unacknowledged = new Map<string, DeadLetter>();
  const held = new Held();
  const failures: { deadLetter: DeadLetter; why: string }[] = [];
  const count = { taken: 0, newer: 0 };
  const progress = (): Progress => ({ taken: count.taken, moved: moved.size, failed: failures.length });
  let outages = 0;
  let fatal: Failure | undefined;

  const isNew = (deadLetter: DeadLetter): boolean => !moved.has(deadLetter.messageId) && !held.has(deadLetter);

  const acknowledge = async (published: readonly DeadLetter[]): Promise<void> => {
    if (published.length === 0) return;
    try {
      await pubsub.acknowledge(published);
      for (const { messageId } of published) unacknowledged.delete(messageId);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      for (const deadLetter of published) unacknowledged.set(deadLetter.messageId, deadLetter);
    }
  };

  const publish = async (deadLetter: DeadLetter): Promise<void> => {
    try {
      await pubsub.publish(deadLetter.message);
      moved.add(deadLetter.messageId);
      outages = 0;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push({ deadLetter, why: error.message });
      held.keep(deadLetter);
      outages += error.outage ? 1 : 0;
      if (error.hopeless || outages >= MAX_OUTAGES) fatal ??= error;
    }
  };

  const move = async (batch: readonly DeadLetter[]): Promise<void> => {
    // Published before, but their acknowledgement was lost or came too late.
    await acknowledge(batch.filter(({ messageId }) => moved.has(messageId)));
    for (const known of batch) if (held.has(known)) held.keep(known);
    const fresh = batch.filter(isNew);
    const older = fresh.filter(({ publishedAt }) => publishedAt < before);
    for (const newer of fresh) if (newer.publishedAt >= before) held.keep(newer);
    count.newer += fresh.length - older.length;
    count.taken += older.length;
    for (let at = 0; at < older.length; at += SLICE) {
      const slice = older.slice(at, at + SLICE);
      if (bounds.stop.aborted || fatal !== undefined) for (const one of slice) held.keep(one);
      else
        await Promise.all(slice.map(publish)).then(() => acknowledge(slice.filter((one) => moved.has(one.messageId))));
      onProgress(progress());
    }
  };

  try {
    for await (const batch of takeUntilEmpty(pubsub, bounds, isNew)) {
      await move(batch);
      if (fatal !== undefined) break;
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    fatal ??= error;
  }
  await acknowledge([...unacknowledged.values()]);
  const gaveBack = await held.giveBack(pubsub);
  return {
    ...progress(),
    failures,
    unacknowledged: unacknowledged.size,
    newer: count.newer,
    untouched: count.taken - moved.size - failures.length,
    gaveBack,
    fatal,
  };
}
