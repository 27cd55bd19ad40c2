import { type DeadLetter, fingerprint, nameOf } from './dead-letter.ts';
import { Failure } from './failure.ts';
import { Leases } from './leases.ts';
import type { PubSub } from './pubsub.ts';
import { type Bounds, pullUntilEmpty } from './pull.ts';

/** How far a run has come. */
export interface Progress {
  /** Pulled and to be moved. */
  readonly pulled: number;
  readonly moved: number;
  readonly failed: number;
}

/** What a run did. */
export interface Outcome extends Progress {
  /** Why messages were not published again; they stay in the subscription. */
  readonly failures: readonly { readonly name: string; readonly why: string }[];
  /** Published again, but the acknowledgement failed: another run would publish them once more. */
  readonly unacknowledged: number;
  /** Moved by this run and dead-lettered again; they stay in the subscription. */
  readonly returned: number;
  /** Pulled, but not begun when the run ended. */
  readonly untouched: number;
  /** False where leases could not be released; they run out by themselves. */
  readonly released: boolean;
  /** What ended the run early. */
  readonly fatal: Failure | undefined;
}

/** Published at the same time; so many at most are published but not acknowledged if the process is killed. */
const MAX_IN_FLIGHT = 50;
/** Published at the same time, so that each finishes in time on a slow connection. */
const MAX_IN_FLIGHT_BYTES = 5_000_000;
/** A run stops after this many transient failures in a row. */
const MAX_TRANSIENT = 50;
/** Copies of one message that a run moves: a source that does not mark its dead letters must not keep it going. */
const MAX_COPIES = 1_000;

/** Moves dead letters: each is published again, and acknowledged once that is confirmed. */
export async function moveDeadLetters(
  pubsub: PubSub,
  bounds: Bounds,
  onProgress: (progress: Progress) => void,
): Promise<Outcome> {
  const run = new Run(pubsub, bounds.stop, onProgress);
  try {
    for await (const batch of pullUntilEmpty(pubsub, MAX_IN_FLIGHT, bounds, (deadLetter) => run.isNew(deadLetter))) {
      await run.move(batch);
      if (run.fatal) break;
    }
  } catch (error) {
    run.fatal ??= failureOf(error);
  }
  return run.end();
}

class Run {
  fatal: Failure | undefined;
  readonly #pubsub: PubSub;
  readonly #stop: AbortSignal;
  readonly #onProgress: (progress: Progress) => void;
  /** Message ids whose republish is confirmed. */
  readonly #moved = new Set<string>();
  /** Their latest ack ids, by message id, until the acknowledgement has succeeded. */
  readonly #unacknowledged = new Map<string, string>();
  readonly #staying = new Leases();
  readonly #failures: { name: string; why: string }[] = [];
  /** By fingerprint: how many were moved, and when the latest of them had been dead-lettered. */
  readonly #copies = new Map<string, { count: number; deadLetteredAt: Date }>();
  #pulled = 0;
  #returned = 0;
  #transient = 0;

  constructor(pubsub: PubSub, stop: AbortSignal, onProgress: (progress: Progress) => void) {
    this.#pubsub = pubsub;
    this.#stop = stop;
    this.#onProgress = onProgress;
  }

  isNew(deadLetter: DeadLetter): boolean {
    return !this.#moved.has(deadLetter.messageId) && !this.#staying.has(deadLetter);
  }

  async move(batch: readonly DeadLetter[]): Promise<void> {
    const fresh = batch.filter((deadLetter) => this.#isToBeMoved(deadLetter));
    this.#pulled += fresh.length;
    await this.#acknowledge();
    for (const slice of slices(fresh)) {
      if (this.#stop.aborted || this.fatal) for (const deadLetter of slice) this.#staying.add(deadLetter);
      else await Promise.all(slice.map((deadLetter) => this.#publish(deadLetter)));
      await this.#acknowledge();
      this.#onProgress(this.#progress());
    }
  }

  async end(): Promise<Outcome> {
    await this.#acknowledge();
    const progress = this.#progress();
    return {
      ...progress,
      failures: this.#failures,
      unacknowledged: this.#unacknowledged.size,
      returned: this.#returned,
      untouched: progress.pulled - progress.moved - progress.failed,
      released: await this.#staying.release(this.#pubsub),
      fatal: this.fatal,
    };
  }

  #progress(): Progress {
    return { pulled: this.#pulled, moved: this.#moved.size, failed: this.#failures.length };
  }

  /** Sorts out what has come again, for whatever reason. */
  #isToBeMoved(deadLetter: DeadLetter): boolean {
    if (this.#moved.has(deadLetter.messageId)) {
      // Its acknowledgement was lost or came too late.
      this.#unacknowledged.set(deadLetter.messageId, deadLetter.ackId);
      return false;
    }
    const returned = !this.#staying.has(deadLetter) && this.#hasReturned(deadLetter);
    if (returned) this.#returned += 1;
    if (!returned && !this.#staying.has(deadLetter)) return true;
    this.#staying.add(deadLetter);
    return false;
  }

  /** True for what this run has moved and Pub/Sub has dead-lettered again: else it would go round for ever. */
  #hasReturned({ original, source }: DeadLetter): boolean {
    const copies = this.#copies.get(fingerprint(original));
    if (copies === undefined) return false;
    // Both times are Pub/Sub's: only what was published again is younger than its own dead letter.
    return copies.count >= MAX_COPIES || (source.publishedAt ?? 0) > copies.deadLetteredAt;
  }

  async #publish(deadLetter: DeadLetter): Promise<void> {
    try {
      await this.#pubsub.publish(deadLetter.original);
      this.#moved.add(deadLetter.messageId);
      this.#unacknowledged.set(deadLetter.messageId, deadLetter.ackId);
      this.#countCopy(deadLetter);
      this.#transient = 0;
    } catch (error) {
      const failure = failureOf(error);
      this.#failures.push({ name: nameOf(deadLetter), why: failure.message });
      this.#staying.add(deadLetter);
      this.#transient += failure.transient ? 1 : 0;
      if (failure.hopeless || this.#transient >= MAX_TRANSIENT) this.fatal ??= failure;
    }
  }

  #countCopy({ original, deadLetteredAt }: DeadLetter): void {
    const key = fingerprint(original);
    const { count = 0, deadLetteredAt: latest = deadLetteredAt } = this.#copies.get(key) ?? {};
    this.#copies.set(key, { count: count + 1, deadLetteredAt: deadLetteredAt > latest ? deadLetteredAt : latest });
  }

  /** Acknowledges what is published; where that fails it is tried again after the next messages. */
  async #acknowledge(): Promise<void> {
    if (this.#unacknowledged.size === 0) return;
    const sent = [...this.#unacknowledged];
    try {
      await this.#pubsub.acknowledge(sent.map(([, ackId]) => ackId));
      for (const [messageId] of sent) this.#unacknowledged.delete(messageId);
    } catch (error) {
      const failure = failureOf(error);
      if (failure.hopeless) this.fatal ??= failure;
    }
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

/** Cuts a batch where it would put more bytes in flight than allowed; the first message counts whatever its size. */
function* slices(batch: readonly DeadLetter[]): Generator<DeadLetter[]> {
  let slice: DeadLetter[] = [];
  let bytes = 0;
  for (const deadLetter of batch) {
    bytes += deadLetter.original.data.length;
    if (slice.length > 0 && bytes > MAX_IN_FLIGHT_BYTES) {
      yield slice;
      slice = [];
      bytes = deadLetter.original.data.length;
    }
    slice.push(deadLetter);
  }
  if (slice.length > 0) yield slice;
}
