import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Target } from './client.ts';
import type { Context } from './context.ts';
import type { DeliveryRecord } from './ledger.ts';

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
const CRASH_MS = 5;

/**
 * Starts the network between Pub/Sub and the subscriber, on a free port of 127.0.0.1.
 * @param targetFor who gets a push, by its key.
 */
export async function startPushFront({ faults, ledger, client }: Context, targetFor: (key: string) => Target) {
  let underway = 0;

  async function forward(body: Buffer, delivery: DeliveryRecord, target: Target, delayMs: number): Promise<Answer> {
    underway += 1;
    delivery.forwarded += 1;
    if (delayMs > 0) await sleep(delayMs);
    const headers = { 'content-type': 'application/json' };
    const answer = await client.call({ target, headers, body, name: `the push of message ${delivery.messageId}` });
    if (typeof answer === 'number') delivery.statuses.push(answer);
    underway -= 1;
    return answer;
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req);
    const { message, deliveryAttempt = 0 } = JSON.parse(body.toString('utf8')) as {
      message: { messageId: string; attributes?: Record<string, string> };
      deliveryAttempt?: number;
    };
    const id = message.attributes?.['webhookId'] ?? message.messageId;
    const delivery = ledger.delivery(message.messageId, deliveryAttempt);
    const key = `${id}/${ledger.events.get(id)?.messageIds.indexOf(message.messageId) ?? 0}/${deliveryAttempt}`;
    const { kind, amount = 0 } = faults.draw('push', key, FAULTS, { webhookId: id }) ?? {};
    const target = targetFor(key);
    if (kind === 'push lost') return void req.socket.destroy();
    if (kind === 'crash before') target.crash();
    if (kind === 'crash after') setTimeout(target.crash, amount * CRASH_MS);
    const answer = await forward(body, delivery, target, kind === 'delivered late' ? amount * LATE_MS : 0);
    if (kind === 'delivered twice') void forward(body, delivery, targetFor(`${key}/again`), amount * TWICE_MS);
    if (kind === 'answer lost' || typeof answer !== 'number') return void req.socket.destroy();
    res.writeHead(answer).end();
  }

  const server = createServer((req, res) => void serve(req, res).catch(() => res.destroy())).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** Deliveries that are still on their way, those that Pub/Sub no longer waits for included. */
    underway: () => underway,
    async close(): Promise<void> {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
