import type { DeadLetter } from './dead-letter.ts';
import { Failure } from './failure.ts';
import type { PubSub } from './pubsub.ts';

/**
 * Messages that stay in the subscription: they remain leased while the run lasts, so that it does
 * not pull them again.
 */
export class Leases {
  /** The latest ack id, by message id. */
  readonly #ackIds = new Map<string, string>();

  get size(): number {
    return this.#ackIds.size;
  }

  has({ messageId }: DeadLetter): boolean {
    return this.#ackIds.has(messageId);
  }

  /** Adds a message, or its newer lease where the last one ran out. */
  add({ messageId, ackId }: DeadLetter): void {
    this.#ackIds.set(messageId, ackId);
  }

  /**
   * Ends all of them.
   * @returns false where Pub/Sub did not answer: they run out by themselves.
   */
  async release(pubsub: PubSub): Promise<boolean> {
    try {
      await pubsub.release([...this.#ackIds.values()]);
      return true;
    } catch (error) {
      if (error instanceof Failure) return false;
      throw error;
    }
  }
}
