import { invalidArgument } from '../grpc/rpc-error.ts';
import { redeliveryDelay } from './backoff.ts';
import type { DeliveryResult } from './events.ts';
import { Fifo } from './fifo.ts';
import type { Filter } from './filter.ts';
import { compileFilter } from './filter.ts';
import type { Consumer, Entry, Lease, LeaseRequest, SubscriptionContext } from './lease.ts';
import { type Message, messageBytes } from './message.ts';
import type { CheckedSubscription } from './resource.ts';
import { toMilliseconds } from './time.ts';

// Google's emulator answers a pull with at most as much; the first message counts whatever its size.
const MAX_ANSWER_BYTES = 10_000_000;

/** The backlog of one subscription: what is ready, what is leased, and when it is delivered again. */
export class Subscription {
  #config: CheckedSubscription;
  readonly #context: SubscriptionContext;
  readonly #filter: Filter;
  /** Unacknowledged, by message id, oldest first. */
  readonly #open = new Map<string, Entry>();
  readonly #consumers = new Set<Consumer>();
  readonly #ready = new Fifo<Entry>();

  constructor(config: CheckedSubscription, context: SubscriptionContext) {
    this.#config = config;
    this.#filter = compileFilter(config.filter ?? '');
    this.#context = context;
  }

  get config(): CheckedSubscription {
    return this.#config;
  }

  /** Replaces the settings; a consumer that they no longer allow ends itself. */
  configure(config: CheckedSubscription): void {
    this.#config = config;
    for (const consumer of [...this.#consumers]) consumer.wake();
  }

  /** Messages not yet acknowledged: ready, delivered or backing off. */
  get backlog(): number {
    this.#expire();
    return this.#open.size;
  }

  /** Adds a published message; false where the filter drops it. */
  offer(message: Message): boolean {
    if (!this.#filter(message.attributes)) return false;
    const entry: Entry = { message, attempt: 0, state: 'ready' };
    this.#open.set(message.messageId, entry);
    this.#enqueue(entry);
    return true;
  }

  /** Hands out ready messages, as many as fit into one answer. */
  lease({ limit, deadlineSeconds, released }: LeaseRequest): Lease[] {
    const leases: Lease[] = [];
    let bytes = 0;
    for (let entry = this.#peek(); entry && leases.length < limit; entry = this.#peek()) {
      bytes += messageBytes(entry.message);
      if (leases.length > 0 && bytes > MAX_ANSWER_BYTES) break;
      this.#ready.shift();
      const lease = this.#deliver(entry);
      entry.released = released && (() => released(lease));
      if (deadlineSeconds !== undefined) this.#expireIn(lease, entry, deadlineSeconds);
      leases.push(lease);
    }
    return leases;
  }

  /** Ends the message's life here. As with Pub/Sub, this counts after the deadline too, until the next delivery. */
  acknowledge(ackId: string, result: DeliveryResult = 'acknowledged'): void {
    const { entry, lease } = this.#find(ackId) ?? {};
    if (!entry || !lease) return;
    this.#close(entry);
    this.#context.settled(lease, true, result);
  }

  /** Ends a lease without success; its ack id is void. */
  refuse(ackId: string, result: DeliveryResult = 'refused'): void {
    const { entry, lease } = this.#find(ackId) ?? {};
    if (!lease || entry?.state !== 'leased') return;
    entry.lease = undefined;
    this.#redeliver(lease, entry, result);
  }

  /** Moves a lease's deadline to `seconds` from now; 0 refuses the message. An old lease is left alone. */
  modifyDeadline(ackId: string, seconds: number): void {
    if (seconds < 0 || seconds > 600) throw invalidArgument('Invalid ack deadline given: expected 0 to 600 seconds.');
    const { entry, lease } = this.#find(ackId) ?? {};
    if (!lease || entry?.state !== 'leased') return;
    if (seconds === 0) this.refuse(ackId);
    else this.#expireIn(lease, entry, seconds);
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
    for (const entry of this.#open.values()) this.#close(entry);
  }

  #peek(): Entry | undefined {
    this.#expire();
    // What was acknowledged after its deadline, or has expired, is still in the queue.
    while (this.#ready.peek()?.state === 'done') this.#ready.shift();
    return this.#ready.peek();
  }

  #enqueue(entry: Entry): void {
    entry.state = 'ready';
    entry.timer = undefined;
    this.#ready.push(entry);
    this.wake();
  }

  #deliver(entry: Entry): Lease {
    entry.attempt += 1;
    entry.state = 'leased';
    const { message, attempt } = entry;
    const ackId = `${this.#config.name}:${message.messageId}-${attempt}`;
    entry.lease = { ackId, message, attempt, leasedAt: new Date() };
    return entry.lease;
  }

  #expireIn(lease: Lease, entry: Entry, seconds: number): void {
    clearTimeout(entry.timer);
    const ms = seconds * 1_000 * this.#context.ackDeadlineScale;
    entry.timer = setTimeout(() => this.#redeliver(lease, entry, 'deadline exceeded'), ms);
  }

  /** Dead-letters the message if it has used up its attempts; else it is delivered again after the backoff. */
  #redeliver(lease: Lease, entry: Entry, result: DeliveryResult): void {
    this.#release(entry, 'waiting');
    const { timeScale, backoff } = this.#context;
    const exhausted = lease.attempt >= (this.#config.deadLetterPolicy?.maxDeliveryAttempts ?? Number.POSITIVE_INFINITY);
    const delay = redeliveryDelay(this.#config, lease.attempt, backoff) * timeScale;
    this.#context.settled(lease, false, result, exhausted ? undefined : delay);
    if (exhausted && this.#context.deadLetter(lease)) {
      this.#close(entry);
      return;
    }
    if (delay === 0) this.#enqueue(entry);
    else entry.timer = setTimeout(() => this.#enqueue(entry), delay);
  }

  /** Forgets what is older than the subscription retains messages. */
  #expire(): void {
    const oldest = Date.now() - toMilliseconds(this.#config.messageRetentionDuration);
    for (const entry of this.#open.values()) {
      if (entry.message.publishTime.getTime() >= oldest) return;
      this.#close(entry);
    }
  }

  #close(entry: Entry): void {
    this.#open.delete(entry.message.messageId);
    this.#release(entry, 'done');
  }

  #release(entry: Entry, state: Entry['state']): void {
    clearTimeout(entry.timer);
    entry.timer = undefined;
    entry.state = state;
    const { released } = entry;
    entry.released = undefined;
    released?.();
  }

  /** What an ack id of this subscription stands for, if it still counts. */
  #find(ackId: string): { entry: Entry; lease: Lease } | undefined {
    const prefix = `${this.#config.name}:`;
    const [, messageId = ''] = /^(\d+)-\d+$/.exec(ackId.slice(prefix.length)) ?? [];
    if (!ackId.startsWith(prefix) || messageId === '') {
      throw invalidArgument(`You have passed an invalid ack ID to the service (ack_id=${ackId}).`);
    }
    const entry = this.#open.get(messageId);
    return entry?.lease?.ackId === ackId ? { entry, lease: entry.lease } : undefined;
  }
}
