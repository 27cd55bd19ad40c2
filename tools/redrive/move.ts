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
    for await (const { fresh, repeated } of pullUntilEmpty(pubsub, MAX_IN_FLIGHT, bounds, run.ackIds)) {
      await run.move(fresh, repeated);
      if (fresh.length > 0) onProgress(run);
      if (run.fatal) break;
    }
  } catch (error) {
    run.fatal = error as Error;
  }
  await run.end();
  return run;
}

/** What a run has done so far. */
export class Run {
  /** Latest ack ids, by message id, of all that was pulled. */
  readonly ackIds = new Map<string, string>();
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
  /** By fingerprint: when each that was moved had been dead-lettered. */
  readonly #copies = new Map<string, readonly Date[]>();
  #transient = 0;

  constructor(pubsub: PubSub) {
    this.#pubsub = pubsub;
  }

  async move(fresh: readonly DeadLetter[], repeated: readonly DeadLetter[]): Promise<void> {
    // It came again because its acknowledgement was lost or came too late.
    for (const { messageId } of repeated) if (this.moved.has(messageId)) this.unacknowledged.add(messageId);
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
  }

  async end(): Promise<void> {
    await this.#acknowledge();
    const staying = [...this.ackIds].filter(([messageId]) => !this.moved.has(messageId));
    this.released = await this.#pubsub.release(staying.map(([, ackId]) => ackId));
  }

  /** True for what this run has moved and Pub/Sub has dead-lettered again: else it would go round for ever. */
  #hasReturned(deadLetter: DeadLetter): boolean {
    const copies = this.#copies.get(fingerprint(deadLetter)) ?? [];
    const { publishedAt = 0 } = deadLetter.source;
    // Both times are Pub/Sub's: only what was published again is younger than its own dead letter.
    return copies.length >= MAX_COPIES || (copies.length > 0 && copies.every((at) => publishedAt > at));
  }

  async #publish(deadLetter: DeadLetter): Promise<void> {
    try {
      await this.#pubsub.publish(deadLetter);
      this.moved.add(deadLetter.messageId);
      this.unacknowledged.add(deadLetter.messageId);
      const key = fingerprint(deadLetter);
      this.#copies.set(key, [...(this.#copies.get(key) ?? []), deadLetter.deadLetteredAt]);
      this.#transient = 0;
    } catch (error) {
      const failure = error as Failure;
      this.failures.push({ name: nameOf(deadLetter), why: failure.message });
      this.#transient += failure.transient ? 1 : 0;
      if (failure.hopeless || this.#transient >= MAX_TRANSIENT) this.fatal ??= failure;
    }
  }

  /** Acknowledges what is published; where that fails it is tried again after the next messages. */
  async #acknowledge(): Promise<void> {
    const sent = [...this.unacknowledged];
    if (sent.length === 0) return;
    try {
      await this.#pubsub.acknowledge(sent.map((messageId) => this.ackIds.get(messageId) ?? ''));
      for (const messageId of sent) this.unacknowledged.delete(messageId);
    } catch (error) {
      if ((error as Failure).hopeless) this.fatal ??= error as Failure;
    }
  }
}
