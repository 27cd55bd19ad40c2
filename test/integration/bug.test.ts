import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHandler as createLeadHandler } from '../../functions/incident-lead/handler.ts';
import { createHandler as createWebhookHandler } from '../../functions/incident-webhook/handler.ts';
import { createResponder } from '../../functions/incident-webhook/respond.ts';
import type { LogLine } from '../../shared/log.ts';
import { ADA, incidentEvent, pushBody } from '../../tools/events/push.ts';
import { sign } from '../../tools/events/sign.ts';
import { exchange, toBytes } from '../../tools/services/raw-http.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { expectForm } from '../support/hostile-table.ts';

/** What only a bug throws. */
const bug = async (): Promise<never> => {
  throw new TypeError('something is undefined');
};

it('133: the webhook function answers 500 to a bug, tells the log alone which, and goes on', async () => {
  const lines: LogLine[] = [];
  const responder = createResponder((line) => lines.push(line));
  await serving(createWebhookHandler(bug, responder), async (port) => {
    const body = bodyOf();
    for (let time = 0; time < 2; time += 1) {
      const answer = await exchange(port, toBytes({ headers: sign(body), body }));
      expectForm(answer, 500);
      expect(JSON.stringify(answer)).not.toContain('undefined');
    }
  });
  expectBugs(lines, 2);
});

it('the subscriber function answers 500 to a bug, tells the log alone which, and goes on', async () => {
  const lines: LogLine[] = [];
  const directory = { assertConfigured: () => {}, findAlaners: bug };
  await serving(
    createLeadHandler(directory, (line) => lines.push(line)),
    async (port) => {
      for (let time = 0; time < 2; time += 1) {
        const answer = await exchange(port, toBytes({ body: pushBody(incidentEvent({ leads: [ADA] })) }));
        expect([answer?.status, answer?.body]).toEqual([500, '']);
      }
    },
  );
  expectBugs(lines, 2);
});

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
