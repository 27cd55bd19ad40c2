import type { PublishedMessage } from './event-log.ts';
import type { RawHop } from './hop.ts';

/** What the emulator accepted on the topic so far, as far as other entries have to be completed with it. */
export class PublishedMessages {
  readonly #webhookIds = new Map<string, string>();
  readonly #times = new Map<string, string>();
  readonly #data = new Map<string, string>();

  /**
   * Notes a message. The webhook's own line makes the hop of what the webhook publishes; what is
   * published a second time with the same data was brought back, and gets a hop of its own.
   */
  take({ messageId, publishTime, attributes, data }: PublishedMessage): RawHop[] {
    const { webhookId, incidentId } = attributes;
    if (webhookId === undefined) return [];
    this.#webhookIds.set(messageId, webhookId);
    if (this.#data.get(webhookId) !== data) {
      this.#data.set(webhookId, data);
      this.#times.set(webhookId, publishTime);
      return [];
    }
    const text = `Published again, unchanged, as message ${messageId}: a redrive`;
    return [{ at: publishTime, webhookId, incidentId, name: 'published', state: 'done', text }];
  }

  /** When the message of this webhook was accepted, once for each message. */
  takeTime(webhookId = ''): string | undefined {
    const time = this.#times.get(webhookId);
    this.#times.delete(webhookId);
    return time;
  }

  /** Whose message it was. */
  webhookIdOf(messageId: string): string | undefined {
    return this.#webhookIds.get(messageId);
  }
}
