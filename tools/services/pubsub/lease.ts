import type { Answer } from './events.ts';
import type { Message } from './message.ts';

/** One delivery in progress: the message is the consumer's until it answers or the ack deadline passes. */
export interface Lease {
  ackId: string;
  message: Message;
  /** 1 for the first delivery. */
  attempt: number;
  /** When it was handed out. */
  leasedAt: Date;
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
  /**
   * Told how each delivery ended.
   *
   * @param redeliveredAfterMs until the next one, where one follows
   */
  settled(lease: Lease, acknowledged: boolean, answer: Answer, redeliveredAfterMs?: number): void;
  /** Publishes to the dead-letter topic; false when that topic does not exist, and the message stays. */
  deadLetter(lease: Lease): boolean;
}
