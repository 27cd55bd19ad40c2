import { setTimeout as sleep } from 'node:timers/promises';
import { SECRET } from '../../tools/events/sign.ts';
import type { InjectedFault } from '../../tools/services/grpc/fault.ts';
import { Code } from '../../tools/services/grpc/rpc-error.ts';
import { dial } from '../../tools/services/raw-http.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { concurrently } from '../support/concurrently.ts';
import { expectCleanOutput, expectForm } from '../support/hostile-table.ts';
import { separatePublishes } from '../support/separate-publishes.ts';
import { type Exchange, type Sent, startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

/** The contract's limit for any answer. */
const ANSWER_MS = 8_000;

/** What to do to the publish of a webhook, by its id; asked for each attempt, which counts from 1. */
const faults = new Map<string, (attempt: number) => InjectedFault | undefined>();
const attempts = new Map<string, number>();
const publishes = separatePublishes();
let count = 0;
const starting = start();
afterAll(async () => (await starting).stop());

const AT_ONCE = [
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'PERMISSION_DENIED',
  'FAILED_PRECONDITION',
  'UNAUTHENTICATED',
] as const;
const AFTER_RETRIES = [
  'UNKNOWN',
  'RESOURCE_EXHAUSTED',
  'ABORTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
] as const;

for (const code of AT_ONCE) {
  concurrently(`answers 503 at once where Pub/Sub refuses with ${code}`, async () => {
    const { sent, tookMs } = await sendWith(() => ({ fail: Code[code] }));
    await expectUnavailable(sent, 'publish');
    expect(tookMs).toBeLessThan(2_000);
    expect((await linesOf(sent))[0]?.message).toContain(`Pub/Sub: ${code}.`);
  });
}

for (const code of AFTER_RETRIES) {
  concurrently(`answers 503 in time where Pub/Sub goes on failing with ${code}`, async () => {
    const { sent, tookMs } = await sendWith(() => ({ fail: Code[code] }));
    await expectUnavailable(sent, 'publish_timeout');
    expect(tookMs).toBeLessThan(ANSWER_MS);
    expect(attempts.get(sent.webhookId)).toBeGreaterThan(2);
  });

  concurrently(`answers 204 where Pub/Sub fails once with ${code}`, async () => {
    const { sent } = await sendWith((attempt) => (attempt === 1 ? { fail: Code[code] } : undefined));
    await expectPublished(sent, 1);
  });
}

concurrently('logs the codes of the attempts and nothing of what Pub/Sub says about it, however long', async () => {
  const details = `quoting ya29.secret ${'x'.repeat(15_000)}`;
  const { sent } = await sendWith(() => ({ fail: Code.UNAVAILABLE, details }));
  await expectUnavailable(sent, 'publish_timeout');
  const line = (await starting).output.find((written) => written.includes(sent.traceId)) ?? '';
  // An attempt that a busy machine answers too late has ended with DEADLINE_EXCEEDED.
  expect(line).toMatch(/Pub\/Sub: DEADLINE_EXCEEDED, attempts ended with (?:DEADLINE_EXCEEDED, )?UNAVAILABLE[,.]/);
  expect(line.length).toBeLessThan(1_000);
  expect(line).not.toContain('ya29');
});

for (const delayMs of [1_500, 4_000]) {
  concurrently(`answers 204 where Pub/Sub confirms after ${delayMs} ms`, async () => {
    const { sent } = await sendWith(() => ({ delayMs }));
    await expectPublished(sent, 1);
  });
}

concurrently('answers 503 in time where Pub/Sub hangs', async () => {
  const { sent, tookMs } = await sendWith(() => ({ hang: true }));
  await expectUnavailable(sent, 'publish_timeout');
  expect(tookMs).toBeLessThan(ANSWER_MS);
});

concurrently('answers 503 within 8 s of the request where the body was slow and Pub/Sub hangs', async () => {
  const { port, prepare } = await starting;
  const sent = prepare({ body: bodyOf() });
  faults.set(sent.webhookId, () => ({ hang: true }));
  const connection = await dial(port);
  const startedAt = performance.now();
  connection.write(sent.bytes.subarray(0, -10));
  await sleep(4_700);
  const answer = await publishes.send(sent.webhookId, () => {
    connection.write(sent.bytes.subarray(-10));
    return connection.answer();
  });
  expect(performance.now() - startedAt).toBeLessThan(ANSWER_MS);
  connection.socket.destroy();
  await expectUnavailable({ ...sent, answer }, 'publish_timeout');
});

concurrently(
  'answers 503 where the confirmation is lost, and publishes under the same id when it is sent again',
  async () => {
    const { sent } = await sendWith(() => ({ hang: true, committed: true }));
    expectForm(sent.answer, 503);
    const published = await messagesOf(sent);
    expect(published.length).toBeGreaterThan(0);
    faults.delete(sent.webhookId);
    const { sent: again } = await sendAs(sent.webhookId);
    await expectPublished(again, 1);
    expect((await messagesOf(again))[0]?.attributes['webhookId']).toBe(sent.webhookId);
    expect(new Set(published.map(({ attributes }) => attributes['webhookId']))).toEqual(new Set([sent.webhookId]));
  },
);

concurrently('answers 204 where a confirmation is lost and a retry is confirmed: one id, two messages', async () => {
  const { sent } = await sendWith((attempt) =>
    attempt === 1 ? { fail: Code.UNAVAILABLE, committed: true } : undefined,
  );
  await expectPublished(sent, 2);
});

concurrently('goes on serving others while one publish hangs', async () => {
  const hanging = sendWith(() => ({ hang: true }));
  await sleep(100);
  const { sent, tookMs } = await sendWith(() => undefined);
  await expectPublished(sent, 1);
  expect(tookMs).toBeLessThan(ANSWER_MS / 2);
  await hanging;
});

it('wrote one JSON line a request, and nothing of what it was sent', async () => {
  expectCleanOutput((await starting).output, [SECRET.slice(6), 'v1,', 'public_incident']);
});

async function start(): Promise<WebhookSystem> {
  const system = await startWebhookSystem();
  system.intercept = (call) => {
    if (call.method !== 'Publish') return undefined;
    for (const { attributes } of call.request.messages) {
      const id = attributes?.['webhookId'] ?? '';
      publishes.arrived(id);
      attempts.set(id, (attempts.get(id) ?? 0) + 1);
      const fault = faults.get(id)?.(attempts.get(id) ?? 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

  return system;
}

async function sendWith(
  fault: (attempt: number) => InjectedFault | undefined,
): Promise<{ sent: Exchange; tookMs: number }> {
  count += 1;
  const id = `msg_${count}`;
  faults.set(id, fault);
  return sendAs(id);
}

async function sendAs(id: string): Promise<{ sent: Exchange; tookMs: number }> {
  const system = await starting;
  return publishes.send(id, async () => {
    const startedAt = performance.now();
    const sent = await system.send({ body: bodyOf(), signing: { id } });
    return { sent, tookMs: performance.now() - startedAt };
  });
}

async function expectUnavailable(sent: Exchange, reason: string): Promise<void> {
  expectForm(sent.answer, 503);
  const lines = await linesOf(sent);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ severity: 'ERROR', metadata: { outcome: 'unavailable', status: 503, reason } });
  expect(await messagesOf(sent)).toEqual([]);
}

async function expectPublished(sent: Exchange, messages: number): Promise<void> {
  expectForm(sent.answer, 204);
  expect((await linesOf(sent))[0]).toMatchObject({ severity: 'INFO', metadata: { outcome: 'published', status: 204 } });
  expect(await messagesOf(sent)).toHaveLength(messages);
}

const linesOf = async (sent: Sent) => (await starting).linesOf(sent);
const messagesOf = async (sent: Sent) => (await starting).publishedFor(sent);
