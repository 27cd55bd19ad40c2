import { invalidArgument } from '../grpc/rpc-error.ts';
import { redeliveryDelay } from './backoff.ts';
import type { Answer } from './events.ts';
import { Fifo } from './fifo.ts';
import type { Filter } from './filter.ts';
import { compileFilter } from './filter.ts';
import type { Consumer, Lease, Surroundings } from './lease.ts';
import type { Message } from './message.ts';
import type { checkSubscription } from './resource.ts';

interface Entry {
  message: Message;
  attempt: number;
  state: 'ready' | 'leased' | 'waiting' | 'done';
  leasedAt: Date;
  /** Ends the lease or the backoff. */
  timer?: NodeJS.Timeout | undefined;
  /** Tells the lease's holder that it is over. */
  released?: (() => void) | undefined;
}

/** The backlog of one subscription: what is ready, who holds what, and when it comes again. */
export class Subscription {
  config: ReturnType<typeof checkSubscription>;
  readonly #surroundings: Surroundings;
  readonly #filter: Filter;
  /** Unacknowledged, by message id. */
  readonly #open = new Map<string, Entry>();
  readonly #consumers = new Set<Consumer>();
  readonly #ready = new Fifo<Entry>();

  constructor(config: ReturnType<typeof checkSubscription>, surroundings: Surroundings) {
    this.config = config;
    this.#filter = compileFilter(config.filter ?? '');
    this.#surroundings = surroundings;
  }

  /** Messages not yet acknowledged: ready, delivered or backing off. */
  get backlog(): number {
    return this.#open.size;
  }

  /** Takes a published message; false where the filter drops it. */
  offer(message: Message): boolean {
    if (!this.#filter(message.attributes)) return false;
    const entry: Entry = { message, attempt: 0, state: 'ready', leasedAt: new Date() };
    this.#open.set(message.messageId, entry);
    this.#enqueue(entry);
    return true;
  }

  /**
   * Hands out up to `limit` ready messages.
   *
   * @param deadlineSeconds until when the holder must answer, or nothing if it bounds itself
   * @param released called once a lease, when it has ended in whatever way
   */
  lease(limit: number, deadlineSeconds?: number, released?: (lease: Lease) => void): Lease[] {
    const leases: Lease[] = [];
    for (let entry = this.#peek(); entry && leases.length < limit; entry = this.#peek()) {
      this.#ready.shift();
      entry.attempt += 1;
      entry.state = 'leased';
      entry.leasedAt = new Date();
      const lease = leaseOf(entry);
      entry.released = released && (() => released(lease));
      if (deadlineSeconds !== undefined) this.#expireIn(entry, deadlineSeconds);
      leases.push(lease);
    }
    return leases;
  }

  /** Ends the message's life here. As with Pub/Sub, an acknowledgement after the deadline still counts. */
  acknowledge(ackId: string, answer: Answer = 'acknowledged'): void {
    const { entry } = this.#find(ackId);
    if (!entry) return;
    this.#open.delete(entry.message.messageId);
    this.#release(entry, 'done');
    this.#surroundings.settled(leaseOf(entry), true, answer);
  }

  /** Gives the message back: dead-lettered if it has used up its attempts, else delivered again after the backoff. */
  refuse(ackId: string, answer: Answer = 'refused'): void {
    const { entry, current } = this.#find(ackId);
    if (!entry || !current) return;
    const lease = leaseOf(entry);
    this.#release(entry, 'waiting');
    const limit = this.config.deadLetterPolicy?.maxDeliveryAttempts ?? Number.POSITIVE_INFINITY;
    const exhausted = entry.attempt >= limit;
    const delay = redeliveryDelay(this.config, entry.attempt) * this.#surroundings.timeScale;
    this.#surroundings.settled(lease, false, answer, exhausted ? undefined : delay);
    if (exhausted && this.#surroundings.deadLetter(lease)) {
      this.#open.delete(entry.message.messageId);
      entry.state = 'done';
      return;
    }
    if (delay === 0) this.#enqueue(entry);
    else entry.timer = setTimeout(() => this.#enqueue(entry), delay);
  }

  /** Moves a lease's deadline to `seconds` from now; 0 gives the message back. An old lease is left alone. */
  modifyDeadline(ackId: string, seconds: number): void {
    if (seconds < 0 || seconds > 600) throw invalidArgument('Invalid ack deadline given: expected 0 to 600 seconds.');
    const { entry, current } = this.#find(ackId);
    if (seconds === 0) this.refuse(ackId);
    else if (entry && current) this.#expireIn(entry, seconds);
  }

  /** Registers a consumer and wakes it if messages are ready. Returns the way to leave. */
  attach(consumer: Consumer): () => void {
    this.#consumers.add(consumer);
    this.wake();
    return () => this.#consumers.delete(consumer);
  }

  /** Offers what is ready to the consumers, each in turn. */
  wake(): void {
    for (const consumer of [...this.#consumers]) {
      if (!this.#peek()) return;
      // To the end of the line, so that several streams share the messages.
      if (this.#consumers.delete(consumer)) this.#consumers.add(consumer);
      consumer.wake();
    }
  }

  /** Stops every timer and dismisses the consumers. */
  close(): void {
    // The consumers first: a lease that ends has them ask for more.
    for (const consumer of [...this.#consumers]) consumer.end();
    this.#consumers.clear();
    for (const entry of this.#open.values()) this.#release(entry, 'done');
    this.#open.clear();
  }

  #peek(): Entry | undefined {
    // An acknowledgement that came after the deadline leaves its entry in the queue.
    while (this.#ready.peek()?.state === 'done') this.#ready.shift();
    return this.#ready.peek();
  }

  #enqueue(entry: Entry): void {
    entry.state = 'ready';
    entry.timer = undefined;
    this.#ready.push(entry);
    this.wake();
  }

  #expireIn(entry: Entry, seconds: number): void {
    clearTimeout(entry.timer);
    const { ackId } = leaseOf(entry);
    entry.timer = setTimeout(
      () => this.refuse(ackId, 'deadline exceeded'),
      seconds * 1_000 * this.#surroundings.ackDeadlineScale,
    );
  }

  #release(entry: Entry, state: Entry['state']): void {
    clearTimeout(entry.timer);
    entry.timer = undefined;
    entry.state = state;
    const { released } = entry;
    entry.released = undefined;
    released?.();
  }

  /** The entry an ack id belongs to, if still open, and whether that very delivery is in progress. */
  #find(ackId: string): { entry?: Entry; current: boolean } {
    const [, messageId, attempt] = /^(\d+)-(\d+)$/.exec(ackId) ?? [];
    if (messageId === undefined) {
      throw invalidArgument(`You have passed an invalid ack ID to the service (ack_id=${ackId}).`);
    }
    const entry = this.#open.get(messageId);
    if (!entry) return { current: false };
    return { entry, current: entry.state === 'leased' && entry.attempt === Number(attempt) };
  }
}

function leaseOf({ message, attempt, leasedAt }: Entry): Lease {
  return { ackId: `${message.messageId}-${attempt}`, message, attempt, leasedAt };
}
