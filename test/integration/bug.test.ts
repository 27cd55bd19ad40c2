import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LIMITS as LEAD } from '../../functions/incident-lead/app.ts';
import { createHandler as createLeadHandler } from '../../functions/incident-lead/handler.ts';
import { LIMITS as WEBHOOK } from '../../functions/incident-webhook/app.ts';
import { createHandler as createWebhookHandler } from '../../functions/incident-webhook/handler.ts';
import { PATH } from '../../functions/incident-webhook/route.ts';
import { answerWith } from '../../shared/answer.ts';
import type { Log, LogLine } from '../../shared/log-line.ts';
import { ADA, incidentEvent, pushBody } from '../../tools/events/push.ts';
import { sign } from '../../tools/events/sign.ts';
import { exchange, toBytes } from '../../tools/services/raw-http.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { expectForm } from '../support/hostile-table.ts';

/** What only a bug throws. */
const bug = async (): Promise<never> => {
  throw new TypeError('something is undefined');
};

it('133: the webhook function answers 500 to a bug, tells only the log which, and goes on', async () => {
  const lines: LogLine[] = [];
  const route = { path: PATH, verify: bug, read: () => ({ ignore: 'ping' as const }) };
  const handler = createWebhookHandler([route], bug, WEBHOOK);
  await serving(answerWith(handler, log(lines)), async (port) => {
    const body = bodyOf();
    for (let time = 0; time < 2; time += 1) {
      const answer = await exchange(port, toBytes({ headers: sign(body), body }));
      expectForm(answer, 500);
      expect(JSON.stringify(answer)).not.toContain('undefined');
    }
  });
  expectBugs(lines, 2);
});

it('the subscriber function answers 500 to a bug, tells only the log which, and goes on', async () => {
  const lines: LogLine[] = [];
  const handler = createLeadHandler({ find: bug, wasReached: () => true }, LEAD, Date.now);
  await serving(answerWith(handler, log(lines)), async (port) => {
    for (let time = 0; time < 2; time += 1) {
      const answer = await exchange(port, toBytes({ body: pushBody(incidentEvent({ leads: [ADA] })) }));
      expect([answer?.status, answer?.body]).toEqual([500, '']);
    }
  });
  expectBugs(lines, 2);
});

function log(lines: LogLine[]): Log {
  return (line) => lines.push(line);
}

function expectBugs(lines: readonly LogLine[], count: number): void {
  expect(lines).toHaveLength(count);
  for (const line of lines) {
    expect(line).toMatchObject({ level: 'error', metadata: { outcome: 'failed', reason: 'bug', status: 500 } });
    expect(line.stack).toContain('TypeError: something is undefined');
  }
}

/** Runs a listener on a server of its own. */
async function serving(listener: RequestListener, run: (port: number) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await run((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
