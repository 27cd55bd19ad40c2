import { EventEmitter, once } from 'node:events';
import { invalidArgument } from '../grpc/rpc-error.ts';
import { type BackoffGrowth, redeliveryDelay } from './backoff.ts';
import type { DeliveryResult, EventSink } from './events.ts';
import { Fifo } from './fifo.ts';
import { compileFilter } from './filter.ts';
import type { Lease, Message } from './message.ts';
import { type CheckedSubscription, expectRange, toMilliseconds } from './resource.ts';

/** How the emulator behaves; see `EmulatorOptions`. */
export interface Behaviour {
  readonly timeScale: number;
  readonly ackDeadlineScale: number;
  readonly backoff: BackoffGrowth;
  readonly onEvent: EventSink;
}

/** A message that is not acknowledged: ready, leased or backing off. */
interface Entry {
  readonly message: Message;
  attempts: number;
  /** The latest delivery, until it is refused: its ack id is the one that counts. */
  lease?: Lease | undefined;
  /** Ends the lease or the backoff. */
  timer?: NodeJS.Timeout | undefined;
}

// Google's emulator answers a pull with at most as much; the first message counts whatever its size.
const MAX_ANSWER_BYTES = 10_000_000;

/** The backlog of one subscription: what is ready, what is leased, and when it is delivered again. */
export class Subscription {
  config: CheckedSubscription;
  closed = false;
  readonly #behaviour: Behaviour;
  readonly #deadLetter: (lease: Lease) => boolean;
  readonly #filter: ReturnType<typeof compileFilter>;
  /** By message id. */
  readonly #entries = new Map<string, Entry>();
  /** What was acknowledged after its deadline, or has expired, stays in the queue until its turn. */
  readonly #ready = new Fifo<Entry>();
  readonly #changes = new EventEmitter().setMaxListeners(0);

  /** @param deadLetter publishes to the dead-letter topic; false if there is none, and the message stays */
  constructor(config: CheckedSubscription, behaviour: Behaviour, deadLetter: (lease: Lease) => boolean) {
    this.config = config;
    this.#behaviour = behaviour;
    this.#deadLetter = deadLetter;
    this.#filter = compileFilter(config.filter ?? '');
  }

  /** Replaces the settings. */
  configure(config: CheckedSubscription): void {
    this.config = config;
    this.#changes.emit('change');
  }

  /** Messages not yet acknowledged: ready, delivered or backing off. */
  get backlog(): number {
    return [...this.#entries.values()].filter((entry) => this.#isRetained(entry)).length;
  }

  /** Resolves at the next change: messages became ready, a delivery ended, or the settings are others. */
  async change(signal?: AbortSignal): Promise<void> {
    await once(this.#changes, 'change', { signal });
  }

  /** Adds a published message; false where the filter drops it. */
  offer(message: Message): boolean {
    if (!this.#filter(message.attributes)) return false;
    const entry: Entry = { message, attempts: 0 };
    this.#entries.set(message.messageId, entry);
    this.#enqueue(entry);
    return true;
  }

  /** Hands out ready messages, as many as fit into one answer; whoever gets them bounds itself. */
  lease(limit: number): Lease[] {
    const leases: Lease[] = [];
    let bytes = 0;
    for (let entry = this.#peek(); entry && leases.length < limit; entry = this.#peek()) {
      bytes += entry.message.bytes;
      if (leases.length > 0 && bytes > MAX_ANSWER_BYTES) break;
      this.#ready.shift();
      leases.push(this.#deliver(entry));
    }
    return leases;
  }

  /** Ends the message's life here. As with Pub/Sub, this counts after the deadline too, until the next delivery. */
  acknowledge(ackId: string, result: DeliveryResult = 'acknowledged'): void {
    const entry = this.#find(ackId);
    if (!entry?.lease) return;
    this.#remove(entry);
    this.#report(entry.lease, true, result);
  }

  /** Ends a lease without success; its ack id is void. */
  refuse(ackId: string, result: DeliveryResult = 'refused'): void {
    const entry = this.#find(ackId);
    if (!entry?.lease?.open) return;
    this.#redeliver(entry, entry.lease, result);
    entry.lease = undefined;
  }

  /** Moves a lease's deadline to `seconds` from now; 0 refuses the message. A lease that has ended is left alone. */
  modifyDeadline(ackId: string, seconds: number): void {
    expectRange('ack_deadline_seconds', seconds, 0, 600);
    const entry = this.#find(ackId);
    const lease = entry?.lease;
    if (!entry || !lease?.open) return;
    clearTimeout(entry.timer);
    const ms = seconds * 1_000 * this.#behaviour.ackDeadlineScale;
    if (seconds === 0) this.refuse(ackId);
    else entry.timer = setTimeout(() => this.#redeliver(entry, lease, 'deadline exceeded'), ms);
  }

  /** Stops every timer; whoever waits for a change finds the subscription closed. */
  close(): void {
    this.closed = true;
    for (const entry of this.#entries.values()) this.#remove(entry);
    this.#changes.emit('change');
  }

  #peek(): Entry | undefined {
    let entry = this.#ready.peek();
    while (entry && !this.#isRetained(entry)) {
      this.#ready.shift();
      entry = this.#ready.peek();
    }
    return entry;
  }

  #enqueue(entry: Entry): void {
    this.#ready.push(entry);
    this.#changes.emit('change');
  }

  #deliver(entry: Entry): Lease {
    entry.attempts += 1;
    const { message, attempts: attempt } = entry;
    const ackId = `${this.config.name}:${message.messageId}-${attempt}`;
    entry.lease = { ackId, message, attempt, startedAt: new Date(), open: true };
    return entry.lease;
  }

  /** Dead-letters the message if it has used up its attempts; else it is delivered again after the backoff. */
  #redeliver(entry: Entry, lease: Lease, result: DeliveryResult): void {
    this.#end(entry);
    const { timeScale, backoff } = this.#behaviour;
    const exhausted = lease.attempt >= (this.config.deadLetterPolicy?.maxDeliveryAttempts ?? Number.POSITIVE_INFINITY);
    const delay = redeliveryDelay(this.config, lease.attempt, backoff) * timeScale;
    this.#report(lease, false, result, exhausted ? undefined : delay);
    if (exhausted && this.#deadLetter(lease)) this.#remove(entry);
    else if (delay === 0) this.#enqueue(entry);
    else entry.timer = setTimeout(() => this.#enqueue(entry), delay);
  }

  /** @param redeliveredAfterMs until the next delivery, where one follows */
  #report(lease: Lease, acknowledged: boolean, answer: DeliveryResult, redeliveredAfterMs?: number): void {
    const { message, attempt, startedAt } = lease;
    this.#behaviour.onEvent({
      type: 'delivered',
      subscription: this.config.name,
      ...{ message, attempt, acknowledged, answer, startedAt },
      ...(redeliveredAfterMs !== undefined && { redeliveredAfterMs }),
    });
  }

  /** Whether a message is not acknowledged; forgets it if it is older than the subscription retains messages. */
  #isRetained(entry: Entry): boolean {
    const age = Date.now() - entry.message.publishTime.getTime();
    if (age > toMilliseconds(this.config.messageRetentionDuration)) this.#remove(entry);
    return this.#entries.has(entry.message.messageId);
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.message.messageId);
    this.#end(entry);
  }

  /** Ends the lease or the backoff. */
  #end(entry: Entry): void {
    clearTimeout(entry.timer);
    if (entry.lease) entry.lease.open = false;
    this.#changes.emit('change');
  }

  /** The message that an ack id of this subscription stands for, if it still counts. */
  #find(ackId: string): Entry | undefined {
    const [, name, messageId = ''] = /^(.*):(\d+)-\d+$/.exec(ackId) ?? [];
    if (name !== this.config.name) {
      throw invalidArgument(`You have passed an invalid ack ID to the service (ack_id=${ackId}).`);
    }
    const entry = this.#entries.get(messageId);
    return entry?.lease?.ackId === ackId ? entry : undefined;
  }
}
