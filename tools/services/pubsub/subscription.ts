import { EventEmitter, once } from 'node:events';
import { invalidArgument } from '../grpc/rpc-error.ts';
import { redeliveryDelay } from './backoff.ts';
import type { Behaviour, DeliveredEvent, DeliveryResult } from './events.ts';
import { compileFilter } from './filter.ts';
import type { Lease, Message } from './message.ts';
import { type CheckedSubscription, expectRange, toMilliseconds } from './resource.ts';

/** Publishes to the dead-letter topic; false if there is none, and the message stays. */
type DeadLetter = (message: Message, attempts: number) => boolean;

type Outcome = Pick<DeliveredEvent, 'acknowledged' | 'answer' | 'redeliveredAfterMs'>;

/** A message that is not acknowledged: ready, leased or backing off. */
interface Entry {
  readonly message: Message;
  /** Deliveries so far. */
  attempt: number;
  /** Of the latest delivery, until that is refused; no other counts. */
  ackId?: string | undefined;
  /** When the latest delivery was handed out. */
  startedAt: Date;
  leased: boolean;
  /** Ends the lease or the backoff. */
  timer?: NodeJS.Timeout | undefined;
}

// Google's emulator answers a pull with at most as much; the first message counts whatever its size.
const MAX_ANSWER_BYTES = 10_000_000;

/** The backlog of one subscription: what is ready, what is leased, and when it is delivered again. */
export class Subscription {
  config: CheckedSubscription;
  readonly closing = new AbortController();
  readonly #behaviour: Behaviour;
  readonly #deadLetter: DeadLetter;
  readonly #filter: ReturnType<typeof compileFilter>;
  /** By message id. */
  readonly #entries = new Map<string, Entry>();
  /** The first is the next to be delivered. */
  readonly #ready = new Set<Entry>();
  readonly #changes = new EventEmitter().setMaxListeners(0);

  constructor(config: CheckedSubscription, behaviour: Behaviour, deadLetter: DeadLetter) {
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
    return [...this.#entries.values()].filter((entry) => !this.#isExpired(entry)).length;
  }

  /**
   * Calls `take` now and at every change until it hands out messages: others became ready, a delivery ended, or the
   * settings changed. Hands out nothing once `signal` has aborted.
   */
  async poll(take: () => Lease[], signal: AbortSignal): Promise<Lease[]> {
    while (!signal.aborted) {
      const leases = take();
      if (leases.length > 0) return leases;
      // Rejects when the signal aborts.
      await once(this.#changes, 'change', { signal }).catch(() => {});
    }
    return [];
  }

  /** Adds a published message; false where the filter drops it. */
  offer(message: Message): boolean {
    const passes = this.#filter(message.attributes);
    if (passes) this.#enqueue({ message, attempt: 0, startedAt: new Date(), leased: false });
    return passes;
  }

  /** Hands out ready messages, as many as fit into one answer; whoever gets them bounds itself. */
  lease(limit: number): Lease[] {
    const leases: Lease[] = [];
    let bytes = 0;
    for (const entry of this.#ready) {
      if (leases.length >= limit) break;
      if (this.#isExpired(entry)) continue;
      bytes += entry.message.bytes;
      if (leases.length > 0 && bytes > MAX_ANSWER_BYTES) break;
      this.#ready.delete(entry);
      const attempt = entry.attempt + 1;
      const ackId = `${this.config.name}:${entry.message.messageId}-${attempt}`;
      Object.assign(entry, { ackId, attempt, startedAt: new Date(), leased: true });
      leases.push({ ackId, message: entry.message, attempt });
    }
    return leases;
  }

  /** Whether a delivery has neither been answered nor passed its deadline. */
  isLeased(ackId: string): boolean {
    return this.#find(ackId)?.leased === true;
  }

  /** Ends the message's life here. As with Pub/Sub, this counts after the deadline too, until the next delivery. */
  acknowledge(ackId: string, answer: DeliveryResult = 'acknowledged'): void {
    const entry = this.#find(ackId);
    if (!entry) return;
    this.#remove(entry);
    this.#report(entry, { acknowledged: true, answer });
  }

  /** Ends a lease without success; its ack id is void. */
  refuse(ackId: string, answer: DeliveryResult = 'refused'): void {
    const entry = this.#find(ackId);
    if (!entry?.leased) return;
    this.#redeliver(entry, answer);
    entry.ackId = undefined;
  }

  /** Moves a lease's deadline to `seconds` from now; 0 refuses the message. A lease that has ended is left alone. */
  modifyDeadline(ackId: string, seconds: number): void {
    expectRange('ack_deadline_seconds', seconds, 0, 600);
    const entry = this.#find(ackId);
    if (!entry?.leased) return;
    clearTimeout(entry.timer);
    const ms = seconds * 1_000 * this.#behaviour.ackDeadlineScale;
    if (seconds === 0) this.refuse(ackId);
    else entry.timer = setTimeout(() => this.#redeliver(entry, 'deadline exceeded'), ms);
  }

  /** Stops every timer; whoever waits for a change finds the subscription closed. */
  close(): void {
    this.closing.abort();
    for (const entry of this.#entries.values()) this.#remove(entry);
    this.#changes.emit('change');
  }

  #enqueue(entry: Entry): void {
    this.#entries.set(entry.message.messageId, entry);
    this.#ready.add(entry);
    this.#changes.emit('change');
  }

  /** Dead-letters the message if it has used up its attempts; else it is delivered again after the backoff. */
  #redeliver(entry: Entry, answer: DeliveryResult): void {
    this.#end(entry);
    const { timeScale, backoff } = this.#behaviour;
    const exhausted = entry.attempt >= (this.config.deadLetterPolicy?.maxDeliveryAttempts ?? Number.POSITIVE_INFINITY);
    const delay = redeliveryDelay(this.config, entry.attempt, backoff) * timeScale;
    this.#report(entry, { acknowledged: false, answer, ...(!exhausted && { redeliveredAfterMs: delay }) });
    if (exhausted && this.#deadLetter(entry.message, entry.attempt)) this.#remove(entry);
    else if (delay === 0) this.#enqueue(entry);
    else entry.timer = setTimeout(() => this.#enqueue(entry), delay);
  }

  #report({ message, attempt, startedAt }: Entry, outcome: Outcome): void {
    const subscription = this.config.name;
    this.#behaviour.onEvent({ type: 'delivered', subscription, message, attempt, startedAt, ...outcome });
  }

  /** Whether a message was older than the subscription retains messages, and is now forgotten. */
  #isExpired(entry: Entry): boolean {
    const age = Date.now() - entry.message.publishTime.getTime();
    const expired = age > toMilliseconds(this.config.messageRetentionDuration);
    if (expired) this.#remove(entry);
    return expired;
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.message.messageId);
    this.#ready.delete(entry);
    this.#end(entry);
  }

  /** Ends the lease or the backoff. */
  #end(entry: Entry): void {
    clearTimeout(entry.timer);
    entry.leased = false;
    this.#changes.emit('change');
  }

  /** The message that an ack id of this subscription stands for, if it still counts. */
  #find(ackId: string): Entry | undefined {
    const [, name, messageId = ''] = /^(.*):(\d+)-\d+$/.exec(ackId) ?? [];
    if (name !== this.config.name) {
      throw invalidArgument(`You have passed an invalid ack ID to the service (ack_id=${ackId}).`);
    }
    const entry = this.#entries.get(messageId);
    return entry?.ackId === ackId ? entry : undefined;
  }
}
