import http from 'node:http';
import https from 'node:https';
import type { Answer } from './events.ts';
import type { Consumer, Lease, Subscription } from './subscription.ts';

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
const ACKNOWLEDGING = new Set<Answer>([102, 200, 201, 202, 204]);

/**
 * Pushes a subscription's messages to its endpoint, up to `concurrency` at a time; one that backs off holds no place.
 * Pulls are left to others while the subscription has no endpoint.
 */
export class Pusher implements Consumer {
  readonly #subscription: Subscription;
  readonly #concurrency: number;
  readonly #ackDeadlineScale: number;
  readonly #agents: { http: http.Agent; https: https.Agent };
  readonly #closing = new AbortController();
  #inFlight = 0;

  constructor(subscription: Subscription, concurrency: number, ackDeadlineScale: number) {
    this.#subscription = subscription;
    this.#concurrency = concurrency;
    this.#ackDeadlineScale = ackDeadlineScale;
    const options = { keepAlive: true, maxSockets: concurrency };
    this.#agents = { http: new http.Agent(options), https: new https.Agent(options) };
  }

  wake(): void {
    while (this.#inFlight < this.#concurrency && this.#subscription.config.pushConfig?.pushEndpoint) {
      const [lease] = this.#subscription.lease(1);
      if (!lease) return;
      this.#inFlight += 1;
      void this.#deliver(lease);
    }
  }

  /** Cuts the pushes in flight. */
  end(): void {
    this.#closing.abort();
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  async #deliver(lease: Lease): Promise<void> {
    const answer = await this.#post(lease);
    this.#inFlight -= 1;
    if (this.#closing.signal.aborted) return;
    if (ACKNOWLEDGING.has(answer)) this.#subscription.acknowledge(lease.ackId, answer);
    else this.#subscription.refuse(lease.ackId, answer);
    this.wake();
  }

  /** Resolves with the HTTP status, or with a word for the network fault; never rejects. */
  #post(lease: Lease): Promise<Answer> {
    const url = new URL(this.#subscription.config.pushConfig?.pushEndpoint ?? '');
    const body = pushEnvelope(lease, this.#subscription);
    const { request } = url.protocol === 'https:' ? https : http;
    const deadline = AbortSignal.timeout(this.#subscription.config.ackDeadlineSeconds * 1_000 * this.#ackDeadlineScale);
    return new Promise((resolve) => {
      const post = request(url, {
        method: 'POST',
        agent: url.protocol === 'https:' ? this.#agents.https : this.#agents.http,
        signal: AbortSignal.any([deadline, this.#closing.signal]),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'CloudPubSub-Google',
        },
      });
      post.on('information', ({ statusCode }) => {
        if (statusCode === 102) resolve(102);
      });
      post.on('response', (response) => {
        // Pub/Sub goes by the status line alone; the body is read so that the connection can be used again.
        response.on('error', () => undefined).resume();
        resolve(response.statusCode ?? 0);
      });
      post.on('error', (error: NodeJS.ErrnoException) => {
        resolve(deadline.aborted ? 'deadline exceeded' : (error.code ?? error.message));
      });
      post.end(body);
    });
  }
}
