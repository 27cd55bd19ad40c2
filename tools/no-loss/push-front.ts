import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FairClock } from './clocks.ts';
import type { InjectFault } from './fault-injector.ts';
import type { DeliveryRecord, Ledger } from './ledger.ts';
import type { AnswerLimits, OnAnswer, Poster, PostResult } from './post.ts';
import type { Rng } from './rng.ts';
import type { Tally } from './tally.ts';

/** The network between Pub/Sub and the subscriber. */
export interface PushFront {
  readonly url: string;
  /** Deliveries that are still on their way, those that Pub/Sub no longer waits for included. */
  underway(): number;
  close(): Promise<void>;
}

/** Who gets a push. */
export interface Subscriber extends AnswerLimits {
  readonly url: string;
  readonly senderMs: number;
  /** Ends it. */
  readonly crash: () => void;
}

/** What the front needs. */
export interface FrontOptions {
  readonly rng: Rng;
  readonly injectFault: InjectFault;
  readonly tally: Tally;
  readonly ledger: Ledger;
  readonly poster: Poster;
  readonly clock: FairClock;
  readonly subscriberFor: (key: string) => Subscriber;
  readonly onAnswer: OnAnswer;
}

const FAULTS = {
  'push lost': 0.02,
  'answer lost': 0.02,
  'delivered twice': 0.03,
  'delivered late': 0.028,
  'crash before': 0.001,
  'crash after': 0.001,
};
const LATE_MS = 200;
const TWICE_MS = 50;

/** Starts the front on a free port of 127.0.0.1. */
export async function startPushFront(options: FrontOptions): Promise<PushFront> {
  const { rng, injectFault, tally, ledger, poster, clock } = options;
  let underway = 0;

  async function forward(body: Buffer, delivery: DeliveryRecord, to: Subscriber): Promise<PostResult> {
    underway += 1;
    delivery.forwarded += 1;
    const startedAt = clock.now();
    const headers = { 'content-type': 'application/json' };
    const answer = await poster.post({ url: to.url, headers, body, timeoutMs: to.senderMs });
    if (typeof answer === 'number') delivery.statuses.push(answer);
    options.onAnswer(answer, clock.now() - startedAt, to, `the push of message ${delivery.messageId}`);
    underway -= 1;
    return answer;
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { message, deliveryAttempt = 0 } = JSON.parse(body.toString('utf8')) as {
      message: { messageId: string; attributes?: Record<string, string> };
      deliveryAttempt?: number;
    };
    const id = message.attributes?.['webhookId'] ?? message.messageId;
    const delivery = ledger.delivery(message.messageId, deliveryAttempt);
    const key = `${id}/${ledger.events.get(id)?.messageIds.indexOf(message.messageId) ?? 0}/${deliveryAttempt}`;
    tally.step('push');
    const fault = injectFault(`push/${key}`, FAULTS);
    if (fault !== undefined) tally.injected('push', fault, id);
    const to = options.subscriberFor(key);
    if (fault === 'push lost') return void req.socket.destroy();
    if (fault === 'delivered late') await sleep(rng(`late/${key}`) * LATE_MS);
    if (fault === 'crash before') to.crash();
    const answered = forward(body, delivery, to);
    if (fault === 'crash after') setTimeout(to.crash, rng(`crash/${key}`) * 5);
    const answer = await answered;
    if (fault === 'delivered twice') {
      underway += 1;
      setTimeout(
        () => {
          underway -= 1;
          void forward(body, delivery, options.subscriberFor(`${key}/again`));
        },
        rng(`again/${key}`) * TWICE_MS,
      );
    }
    if (fault === 'answer lost' || typeof answer !== 'number') return void req.socket.destroy();
    res.writeHead(answer).end();
  }

  const server = createServer((req, res) => void serve(req, res).catch(() => res.destroy())).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    underway: () => underway,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
