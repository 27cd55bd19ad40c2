import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeServer, listenOn } from '../services/listen-on.ts';
import { call, type Target } from './client.ts';
import type { Context } from './context.ts';
import type { Answer } from './ledger.ts';

const FAULTS = {
  'push lost': [0.02],
  'answer lost': [0.02],
  'delivered twice': [0.03, 50],
  'delivered late': [0.028, 200],
  'crash before': [0.001],
  'crash after': [0.001, 5],
} as const;

/**
 * Starts the network between Pub/Sub and the subscriber, on a free port of 127.0.0.1.
 * @param targetFor who gets a push, by its key.
 */
export async function startPushFront(context: Context, targetFor: (key: string) => Target) {
  const { faults, ledger } = context;

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req);
    const { message, deliveryAttempt: attempt = 0 } = JSON.parse(body.toString('utf8')) as {
      message: { messageId: string; attributes?: Record<string, string> };
      deliveryAttempt?: number;
    };
    const { messageId, attributes } = message;
    const id = attributes?.['webhookId'] ?? messageId;
    const delivery = ledger.delivery(messageId, attempt);

    async function forward(target: Target, afterMs: number): Promise<Answer> {
      delivery.forwarded += 1;
      if (afterMs > 0) await sleep(afterMs);
      const headers = { 'content-type': 'application/json' };
      const answer = await call(context, { target, headers, body, name: `the push of message ${messageId}` });
      delivery.answers.push(answer);
      return answer;
    }

    const key = `${id}/${ledger.events.get(id)?.messageIds.indexOf(messageId) ?? 0}/${attempt}`;
    const { kind, delayMs } = faults.draw('push', key, FAULTS, id);
    const target = targetFor(key);
    if (kind === 'push lost') return void req.socket.destroy();
    if (kind === 'crash before') target.crash();
    if (kind === 'crash after') setTimeout(target.crash, delayMs);
    const answer = await forward(target, kind === 'delivered late' ? delayMs : 0);
    if (kind === 'delivered twice') void forward(targetFor(`${key}/again`), delayMs);
    if (kind === 'answer lost' || typeof answer !== 'number') return void req.socket.destroy();
    res.writeHead(answer).end();
  }

  const server = createServer((req, res) => void serve(req, res).catch(() => res.destroy()));
  return {
    url: `http://127.0.0.1:${await listenOn(server)}/`,
    close: () => closeServer(server),
  };
}
