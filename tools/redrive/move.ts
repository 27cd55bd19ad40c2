import { type DeadLetter, fingerprint, nameOf } from './dead-letter.ts';
import type { Failure } from './failure.ts';
import type { PubSub } from './pubsub.ts';
import { type Bounds, pullUntilEmpty } from './pull.ts';

/** Messages published at the same time: at most so many are published but not acknowledged if the process is killed. */
const MAX_IN_FLIGHT = 50;
/** Bytes published at the same time, roughly, so that each message finishes in time on a slow connection. */
const MAX_IN_FLIGHT_BYTES = 5_000_000;
/** A run stops after this many transient failures in a row. */
const MAX_TRANSIENT = 50;
/** Copies of one message that a run moves: a source that does not mark its dead letters must not keep it going. */
const MAX_COPIES = 1_000;

/** Moves dead letters: each is published again, and acknowledged once that is confirmed. */
export async function moveDeadLetters(pubsub: PubSub, bounds: Bounds, onProgress: (run: Run) => void): Promise<Run> {
  const run = new Run(pubsub);
  try {
    await pullUntilEmpty(pubsub, MAX_IN_FLIGHT, bounds, async (batch) => {
      const news = await run.move(batch);
      if (news) onProgress(run);
      if (run.fatal) throw run.fatal;
      return news;
    });
  } catch (error) {
    run.fatal = error as Error;
  }
  await run.end();
  return run;
}

/** What a run has done so far. */
export class Run {
  /** Pulled and to be moved. */
  pulled = 0;
  /** Message ids whose republish is confirmed. */
  readonly moved = new Set<string>();
  /** Why messages were not published again; they stay in the subscription. */
  readonly failures: { readonly name: string; readonly why: string }[] = [];
  /** Message ids of what was moved and is not acknowledged yet: another run would publish it once more. */
  readonly unacknowledged = new Set<string>();
  /** Moved by this run and dead-lettered again; they stay in the subscription. */
  returned = 0;
  /** False where leases could not be released; they run out by themselves. */
  released = false;
  /** What ended the run early. */
  fatal: Error | undefined;
  readonly #pubsub: PubSub;
  /**
   * Latest ack ids, by message id, of all that was pulled. What is not moved stays leased while the
   * run lasts, so that it is not pulled again.
   */
  readonly #ackIds = new Map<string, string>();
  /** By fingerprint: how many were moved, and when the latest of them had been dead-lettered. */
  readonly #copies = new Map<string, { count: number; deadLetteredAt: Date }>();
  #transient = 0;

  constructor(pubsub: PubSub) {
    this.#pubsub = pubsub;
  }

  /** Moves what it has not seen before; false where it has seen all of it. */
  async move(batch: readonly DeadLetter[]): Promise<boolean> {
    const fresh = batch.filter(({ messageId }) => !this.#ackIds.has(messageId));
    for (const { messageId, ackId } of batch) {
      this.#ackIds.set(messageId, ackId);
      // It came again because its acknowledgement was lost or came too late.
      if (this.moved.has(messageId)) this.unacknowledged.add(messageId);
    }
    await this.#acknowledge();
    const movable = fresh.filter((deadLetter) => !this.#hasReturned(deadLetter));
    this.pulled += movable.length;
    this.returned += fresh.length - movable.length;
    let bytes = 0;
    const slices = Map.groupBy(movable, ({ original }) => {
      bytes += original.data.length;
      return Math.floor(bytes / MAX_IN_FLIGHT_BYTES);
    });
    for (const slice of slices.values()) {
      if (this.fatal) break;
      await Promise.all(slice.map((deadLetter) => this.#publish(deadLetter)));
      await this.#acknowledge();
    }
    return fresh.length > 0;
  }

  async end(): Promise<void> {
    await this.#acknowledge();
    const staying = [...this.#ackIds].filter(([messageId]) => !this.moved.has(messageId));
    this.released = await this.#pubsub.release(staying.map(([, ackId]) => ackId));
  }

  /** True for what this run has moved and Pub/Sub has dead-lettered again: else it would go round for ever. */
  #hasReturned(deadLetter: DeadLetter): boolean {
    const copies = this.#copies.get(fingerprint(deadLetter));
    if (copies === undefined) return false;
    // Both times are Pub/Sub's: only what was published again is younger than its own dead letter.
    return copies.count >= MAX_COPIES || (deadLetter.source.publishedAt ?? 0) > copies.deadLetteredAt;
  }

  async #publish(deadLetter: DeadLetter): Promise<void> {
    try {
      await this.#pubsub.publish(deadLetter);
      this.moved.add(deadLetter.messageId);
      this.unacknowledged.add(deadLetter.messageId);
      this.#countCopy(deadLetter);
      this.#transient = 0;
    } catch (error) {
      const failure = error as Failure;
      this.failures.push({ name: nameOf(deadLetter), why: failure.message });
      this.#transient += failure.transient ? 1 : 0;
      if (failure.hopeless || this.#transient >= MAX_TRANSIENT) this.fatal ??= failure;
    }
  }

  #countCopy(deadLetter: DeadLetter): void {
    const key = fingerprint(deadLetter);
    const { count, deadLetteredAt } = this.#copies.get(key) ?? { count: 0, ...deadLetter };
    const latest = deadLetter.deadLetteredAt > deadLetteredAt ? deadLetter.deadLetteredAt : deadLetteredAt;
    this.#copies.set(key, { count: count + 1, deadLetteredAt: latest });
  }

  /** Acknowledges what is published; where that fails it is tried again after the next messages. */
  async #acknowledge(): Promise<void> {
    if (this.unacknowledged.size === 0) return;
    const sent = [...this.unacknowledged];
    try {
      await this.#pubsub.acknowledge(sent.map((messageId) => this.#ackIds.get(messageId) ?? ''));
      for (const messageId of sent) this.unacknowledged.delete(messageId);
    } catch (error) {
      if ((error as Failure).hopeless) this.fatal ??= error as Failure;
    }
  }
}
