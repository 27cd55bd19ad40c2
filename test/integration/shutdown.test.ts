import { setTimeout as sleep } from 'node:timers/promises';
import { SECRET } from '../../tools/events/sign.ts';
import { dial, toBytes } from '../../tools/services/raw-http.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { concurrently } from '../support/concurrently.ts';
import { expectCleanOutput, expectForm, expectOutcome } from '../support/hostile-table.ts';
import { type Sent, type WebhookSystem, withWebhookSystem } from '../support/webhook-system.ts';

const BODY = bodyOf();

concurrently('answers every request in flight truly after SIGTERM, and exits with 0 within 10 s', () =>
  withWebhookSystem(async (system) => {
    system.intercept = () => ({ delayMs: 1_500 });
    const published = Array.from({ length: 10 }, () => system.send({ body: BODY }));
    const slow = system.prepare({ body: BODY });
    const connection = await dial(system.port);
    connection.write(slow.bytes.subarray(0, -5));
    // A connection that is only kept alive must not hold the process.
    const idle = await dial(system.port);
    idle.write(toBytes({ method: 'GET' }));
    await idle.answer();
    await sleep(300);
    const signalledAt = performance.now();
    system.process.process.kill('SIGTERM');
    await sleep(500);
    connection.write(slow.bytes.subarray(-5));
    for (const sent of await Promise.all(published)) await expectOutcome(system, sent, [204, 'published', 'INFO']);
    await expectOutcome(system, { ...slow, answer: await connection.answer() }, [204, 'published', 'INFO']);
    expect(await system.process.exited).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(10_000);
    expectCleanOutput(system.output, [SECRET.slice(6)]);
  }),
);

concurrently('exits with 0 after SIGTERM although a publish hangs, and answers that request with 503', () =>
  withWebhookSystem(async (system) => {
    system.intercept = () => ({ hang: true });
    const hanging = system.send({ body: BODY });
    await sleep(200);
    const signalledAt = performance.now();
    system.process.process.kill('SIGTERM');
    await expectOutcome(system, await hanging, [503, 'unavailable', 'ERROR', 'publish_timeout']);
    expect(await system.process.exited).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(10_000);
  }),
);

concurrently('answers what is in flight however often SIGTERM comes', () =>
  withWebhookSystem(async (system) => {
    system.intercept = () => ({ delayMs: 1_500 });
    const sending = system.send({ body: BODY });
    for (let time = 0; time < 3; time += 1) {
      await sleep(300);
      system.process.process.kill('SIGTERM');
    }
    await expectOutcome(system, await sending, [204, 'published', 'INFO']);
    expect(await system.process.exited).toBe(0);
  }),
);

concurrently('answers a first request that is arriving while SIGTERM comes', () =>
  withWebhookSystem(async (system) => {
    const sent = system.prepare({ body: BODY });
    const connection = await dial(system.port);
    connection.write(sent.bytes.subarray(0, 20));
    await sleep(100);
    system.process.process.kill('SIGTERM');
    await sleep(500);
    connection.write(sent.bytes.subarray(20));
    await expectOutcome(system, { ...sent, answer: await connection.answer() }, [204, 'published', 'INFO']);
    expect(await system.process.exited).toBe(0);
  }),
);

concurrently('exits with 0 after SIGTERM before any request', () =>
  withWebhookSystem(async (system) => {
    system.process.process.kill('SIGTERM');
    expect(await system.process.exited).toBe(0);
  }),
);

concurrently('125: published, and killed before the answer: the next attempt has the same id', async () => {
  const sending = { body: BODY, signing: { id: 'msg_killed_before_the_answer' } };
  const ids: (string | undefined)[] = [];
  const publishedBy = ({ publishedFor }: WebhookSystem, sent: Sent): void => {
    ids.push(...publishedFor(sent).map(({ attributes }) => attributes['webhookId']));
  };
  await withWebhookSystem(async (system) => {
    system.intercept = () => ({ committed: true, hang: true });
    const sent = system.prepare(sending);
    const connection = await dial(system.port);
    connection.write(sent.bytes);
    while (system.publishedFor(sent).length === 0) await sleep(5);
    system.process.process.kill('SIGKILL');
    expect(await connection.answer()).toBeUndefined();
    publishedBy(system, sent);
  });
  await withWebhookSystem(async (system) => {
    const sent = await system.send(sending);
    expectForm(sent.answer, 204);
    publishedBy(system, sent);
  });
  expect(ids).toEqual([sending.signing.id, sending.signing.id]);
});
