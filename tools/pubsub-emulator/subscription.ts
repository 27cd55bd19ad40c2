import { invalidArgument } from '../grpc-server/rpc-error.ts';
import type { Answer } from './events.ts';
import type { Filter } from './filter.ts';
import { compileFilter } from './filter.ts';
import type { Message } from './message.ts';
import type { checkSubscription } from './resource.ts';
import { toMilliseconds } from './time.ts';

/** One delivery in progress: the message is the consumer's until it answers or the ack deadline passes. */
export interface Lease {
  ackId: string;
  message: Message;
  /** 1 for the first delivery. */
  attempt: number;
}

/** Who takes messages: a push, a waiting pull, a stream. */
export interface Consumer {
  /** Messages are ready: lease as many as wanted, or none. */
  wake(): void;
  /** The subscription is gone. */
  end(): void;
}

/** What a subscription needs from its surroundings. */
export interface Surroundings {
  /** Factor on every backoff. */
  timeScale: number;
  /** Factor on every ack deadline. */
  ackDeadlineScale: number;
  /** Told how each delivery ended. */
  settled(lease: Lease, acknowledged: boolean, answer: Answer): void;
  /** Publishes to the dead-letter topic; false when that topic does not exist, and the message stays. */
  deadLetter(lease: Lease): boolean;
}

interface Entry {
  message: Message;
  attempt: number;
  state: 'ready' | 'leased' | 'waiting' | 'done';
  /** Ends the lease or the backoff. */
  timer?: NodeJS.Timeout | undefined;
  /** Tells the lease's holder that it is over. */
  released?: (() => void) | undefined;
}

// The first step of Pub/Sub's own push backoff (100 ms to 60 s), which applies where there is no retry policy.
const PUSH_BACKOFF_MS = 100;

/** The backlog of one subscription: what is ready, who holds what, and when it comes again. */
export class Subscription {
  config: ReturnType<typeof checkSubscription>;
  readonly #surroundings: Surroundings;
  readonly #filter: Filter;
  /** Unacknowledged, by message id. */
  readonly #open = new Map<string, Entry>();
  readonly #consumers = new Set<Consumer>();
  #ready: Entry[] = [];
  #head = 0;

  constructor(config: ReturnType<typeof checkSubscription>, surroundings: Surroundings) {
    this.config = config;
    this.#filter = compileFilter(config.filter ?? '');
    this.#surroundings = surroundings;
  }

  /** Messages not yet acknowledged: ready, delivered or backing off. */
  get backlog(): number {
    return this.#open.size;
  }

  /** Takes a published message, unless the filter drops it. */
  offer(message: Message): void {
    if (!this.#filter(message.attributes)) return;
    const entry: Entry = { message, attempt: 0, state: 'ready' };
    this.#open.set(message.messageId, entry);
    this.#enqueue(entry);
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
      this.#head += 1;
      entry.attempt += 1;
      entry.state = 'leased';
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
    this.#surroundings.settled(lease, false, answer);
    const limit = this.config.deadLetterPolicy?.maxDeliveryAttempts ?? Number.POSITIVE_INFINITY;
    if (entry.attempt >= limit && this.#surroundings.deadLetter(lease)) {
      this.#open.delete(entry.message.messageId);
      entry.state = 'done';
      return;
    }
    const delay = this.#backoff(entry.attempt);
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
    while (this.#ready[this.#head]?.state === 'done') this.#head += 1;
    if (this.#head > 1_024 && this.#head * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#head);
      this.#head = 0;
    }
    return this.#ready[this.#head];
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

  /** Milliseconds until the next delivery: minimum, doubled with each attempt, up to maximum. */
  #backoff(attempt: number): number {
    const { retryPolicy, pushConfig } = this.config;
    if (!retryPolicy) return pushConfig?.pushEndpoint ? PUSH_BACKOFF_MS * this.#surroundings.timeScale : 0;
    const minimum = toMilliseconds(retryPolicy.minimumBackoff ?? { seconds: 10 });
    const maximum = toMilliseconds(retryPolicy.maximumBackoff ?? { seconds: 600 });
    return Math.min(minimum * 2 ** (attempt - 1), maximum) * this.#surroundings.timeScale;
  }
}

function leaseOf({ message, attempt }: Entry): Lease {
  return { ackId: `${message.messageId}-${attempt}`, message, attempt };
}
