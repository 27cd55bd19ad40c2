import http from 'node:http';
import https from 'node:https';
import type { DeliveryResult } from './events.ts';
import type { Consumer, Lease } from './lease.ts';
import type { Subscription } from './subscription.ts';

/** The body of a push: Pub/Sub's wrapped form, both spellings of the ids included. */
export function pushEnvelope({ message, attempt }: Lease, subscription: Subscription): string {
  const publishTime = message.publishTime.toISOString();
  return JSON.stringify({
    ...(subscription.config.deadLetterPolicy && { deliveryAttempt: attempt }),
    message: {
      ...(Object.keys(message.attributes).length > 0 && { attributes: message.attributes }),
      ...(message.data.length > 0 && { data: message.data.toString('base64') }),
      messageId: message.messageId,
      message_id: message.messageId,
      ...(message.orderingKey && { orderingKey: message.orderingKey }),
      publishTime,
      publish_time: publishTime,
    },
    subscription: subscription.config.name,
  });
}

// https://cloud.google.com/pubsub/docs/push#receive_push
const ACKNOWLEDGING = new Set<DeliveryResult>([102, 200, 201, 202, 204]);

/**
 * Pushes a subscription's messages to its endpoint, up to `concurrency` at a time; one that backs off does not count.
 * While the subscription has no endpoint, its messages are left to pulls.
 */
export class Pusher implements Consumer {
  readonly #subscription: Subscription;
  readonly #concurrency: number;
  readonly #ackDeadlineScale: number;
  readonly #agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };
  #inFlight = 0;
  #ended = false;

  constructor(subscription: Subscription, concurrency: number, ackDeadlineScale: number) {
    this.#subscription = subscription;
    this.#concurrency = concurrency;
    this.#ackDeadlineScale = ackDeadlineScale;
  }

  wake(): void {
    while (!this.#ended && this.#inFlight < this.#concurrency && this.#subscription.config.pushConfig?.pushEndpoint) {
      const [lease] = this.#subscription.lease({ limit: 1 });
      if (!lease) return;
      this.#inFlight += 1;
      this.#post(lease, (answer) => {
        this.#inFlight -= 1;
        if (ACKNOWLEDGING.has(answer)) this.#subscription.acknowledge(lease.ackId, answer);
        else this.#subscription.refuse(lease.ackId, answer);
        this.wake();
      });
    }
  }

  /** Cuts the pushes in flight: an agent destroys the connections in use as well. */
  end(): void {
    this.#ended = true;
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /**
   * Sends one push; `answered` gets the HTTP status, or a word for what went wrong, exactly once
   * unless cut by `end`.
   */
  #post(lease: Lease, answered: (answer: DeliveryResult) => void): void {
    const url = new URL(this.#subscription.config.pushConfig?.pushEndpoint ?? '');
    const body = pushEnvelope(lease, this.#subscription);
    const secure = url.protocol === 'https:';
    const post = (secure ? https : http).request(url, {
      method: 'POST',
      agent: this.#agents[secure ? 'https:' : 'http:'],
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'CloudPubSub-Google',
      },
    });
    let open = true;
    const settle = (answer: DeliveryResult): void => {
      if (open && !this.#ended) {
        open = false;
        answered(answer);
      }
    };
    const limit = this.#subscription.config.ackDeadlineSeconds * 1_000 * this.#ackDeadlineScale;
    const timer = setTimeout(() => post.destroy(new Error('deadline exceeded')), limit);
    post.on('information', ({ statusCode }) => {
      if (statusCode === 102) settle(102);
    });
    post.on('response', (response) => {
      // Pub/Sub goes by the status alone; the body is read so that the connection can be used again.
      response.on('error', () => undefined).resume();
      settle(response.statusCode ?? 0);
    });
    post.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    post.on('close', () => clearTimeout(timer));
    post.end(body);
  }
}
