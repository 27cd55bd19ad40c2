import type { BackoffGrowth } from './backoff.ts';
import type { DeliveryResult } from './events.ts';
import type { Message } from './message.ts';

/** One delivery in progress: the message is the consumer's until it answers or the ack deadline passes. */
export interface Lease {
  /** Names the subscription, the message and the attempt. */
  ackId: string;
  message: Message;
  /** 1 for the first delivery. */
  attempt: number;
  /** When it was handed out. */
  leasedAt: Date;
}

/** How much to lease, and for how long. */
export interface LeaseRequest {
  /** Messages at most. */
  limit: number;
  /** Until when the consumer must answer; absent if it bounds itself. */
  deadlineSeconds?: number;
  /** Called once a lease, when it has ended in whatever way. */
  released?: (lease: Lease) => void;
}

/** What receives messages: a push, a waiting pull, a stream. */
export interface Consumer {
  /** Messages are ready, or the subscription's settings have changed: lease as many as wanted, or none. */
  wake(): void;
  /** The subscription is gone. */
  end(): void;
}

/** What a subscription needs of the broker. */
export interface SubscriptionContext {
  /** Factor on every backoff. */
  timeScale: number;
  /** Factor on every ack deadline. */
  ackDeadlineScale: number;
  backoff: BackoffGrowth;
  /**
   * Told how each delivery ended.
   *
   * @param redeliveredAfterMs until the next one, where one follows
   */
  settled(lease: Lease, acknowledged: boolean, result: DeliveryResult, redeliveredAfterMs?: number): void;
  /** Publishes to the dead-letter topic; false when that topic does not exist, and the message stays. */
  deadLetter(lease: Lease): boolean;
}

/** A message of a subscription's backlog. */
export interface Entry {
  message: Message;
  attempt: number;
  state: 'ready' | 'leased' | 'waiting' | 'done';
  /** The latest delivery, until it is refused: its ack id is the one that counts. */
  lease?: Lease | undefined;
  /** Ends the lease or the backoff. */
  timer?: NodeJS.Timeout | undefined;
  /** Tells the consumer that its lease is over. */
  released?: (() => void) | undefined;
}
