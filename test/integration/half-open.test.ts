import { setTimeout as sleep } from 'node:timers/promises';
import { dial, toBytes, type Wire } from '../../tools/services/raw-http.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { expectForm, expectOutcome, PUBLISHED } from '../support/hostile-table.ts';
import { startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

/** Within which signed events are answered, whatever others send (contract). */
const ANSWER_MS = 2_000;
const CONNECTIONS = 2_000;
const BODY = bodyOf();
/** What a sender has sent when it falls silent. */
const HALF_OPEN = [
  '',
  'POST /webhooks/inci',
  'POST /webhooks/incident/lead HTTP/1.1\r\nHost: x\r\nwebhook-id: ',
  toBytes({ body: BODY }).subarray(0, -1),
] as const;

let system: WebhookSystem;
beforeAll(async () => {
  system = await startWebhookSystem();
});
afterAll(() => system.stop());

it('answers signed events while 2,000 connections are half-open', async () => {
  const wires: Wire[] = [];
  try {
    for (let round = 0; round < CONNECTIONS / HALF_OPEN.length; round += 1) {
      const opened = await Promise.all(HALF_OPEN.map(() => dial(system.port)));
      for (const [kind, connection] of opened.entries()) connection.write(HALF_OPEN[kind] ?? '');
      wires.push(...opened);
    }
    for (let time = 0; time < 5; time += 1) await expectSoon();
    const unfinished = wires.filter((_, index) => index % HALF_OPEN.length === HALF_OPEN.length - 1);
    for (const connection of unfinished) expectForm(await connection.answer(), 408);
    await expectSoon();
  } finally {
    for (const { socket } of wires) socket.destroy();
  }
  await expectSoon();
}, 60_000);

/** A signed event is published, and answered in time. */
async function expectSoon(): Promise<void> {
  const startedAt = performance.now();
  const sent = await system.send({ body: BODY });
  expect(performance.now() - startedAt).toBeLessThan(ANSWER_MS);
  await expectOutcome(system, sent, PUBLISHED);
  await sleep(100);
}
