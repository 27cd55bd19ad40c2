import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf } from '../incident-webhook/body.ts';
import { busyMs } from '../support/busy-ms.ts';
import { floodWithChunks } from '../support/chunk-flood.ts';
import { expectOutcome, PUBLISHED } from '../support/hostile-table.ts';
import { startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

/** Requests that a deployed instance gets at once. */
const CONCURRENCY = 80;
/** Within which signed events are answered, whatever others send (contract). */
const ANSWER_MS = 2_000;
/** An unfinished body is answered after 5 s, and any request within 8 s (contract). */
const BODY_TIMEOUT_MS = 4_900;
const ANY_ANSWER_MS = 8_000;
const BODY = bodyOf();

let system: WebhookSystem;
beforeAll(async () => {
  system = await startWebhookSystem();
});
afterAll(() => system.stop());

it('answers signed events while 80 connections send bodies in chunks of one byte, and those with 408', async () => {
  let flooding = true;
  const flood = floodWithChunks({ port: system.port, pid: pid(), connections: CONCURRENCY }).finally(() => {
    flooding = false;
  });
  while (flooding) await expectSoon();
  const answers = await flood;
  expect(answers.map(({ status }) => status)).toEqual(Array(CONCURRENCY).fill(408));
  expect(Math.min(...answers.map(({ ms }) => ms))).toBeGreaterThan(BODY_TIMEOUT_MS);
  expect(Math.max(...answers.map((answer) => answer.busyMs))).toBeLessThan(ANY_ANSWER_MS);
}, 120_000);

/** A signed event is published, and answered in time, as far as that is the function's doing. */
async function expectSoon(): Promise<void> {
  const busyAtStart = busyMs(pid());
  const sent = await system.send({ body: BODY });
  expect(busyMs(pid()) - busyAtStart).toBeLessThan(ANSWER_MS);
  await expectOutcome(system, sent, PUBLISHED);
  await sleep(100);
}

function pid(): number {
  return system.process.process.pid ?? 0;
}
