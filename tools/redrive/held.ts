import type { DeadLetter } from './dead-letter.ts';
import { Failure } from './failure.ts';
import type { PubSub } from './pubsub.ts';

const MAX_AT_ONCE = 1_000;

/** Messages that stay in the subscription: kept leased while the run lasts, so that it does not meet them again and again. */
export class Held {
  readonly #latest = new Map<string, DeadLetter>();

  get size(): number {
    return this.#latest.size;
  }

  has({ messageId }: DeadLetter): boolean {
    return this.#latest.has(messageId);
  }

  /** Keeps a message, or its newer lease. */
  keep(deadLetter: DeadLetter): void {
    this.#latest.set(deadLetter.messageId, deadLetter);
  }

  /**
   * Gives all of them back.
   * @returns false where Pub/Sub did not take them: their leases run out by themselves.
   */
  async giveBack(pubsub: PubSub): Promise<boolean> {
    const all = [...this.#latest.values()];
    try {
      for (let at = 0; at < all.length; at += MAX_AT_ONCE) await pubsub.giveBack(all.slice(at, at + MAX_AT_ONCE));
      return true;
    } catch (error) {
      if (error instanceof Failure) return false;
      throw error;
    }
  }
}
