import { setTimeout as sleep } from 'node:timers/promises';
import { Code } from '../../tools/services/grpc/rpc-error.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { concurrently } from '../support/concurrently.ts';
import { expectForm } from '../support/hostile-table.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

/** The contract's limits: for any answer, and for the recovery after any fault. */
const ANSWER_MS = 8_000;
const RECOVERY_MS = 25_000;

concurrently('recovers from a Pub/Sub that was down, without a restart', () =>
  withSystem(async (system) => {
    await expectStatus(system, 204);
    await system.stopPubSub();
    await Promise.all([expectStatus(system, 503), sleep(4_000)]);
    await system.startPubSub();
    await expectRecovery(system);
  }),
);

concurrently('recovers from a Pub/Sub that was down at the start', () =>
  withSystem(
    async (system) => {
      await expectStatus(system, 503);
      await system.startPubSub();
      await expectRecovery(system);
    },
    { down: true },
  ),
);

concurrently('recovers from a topic that is missing', () =>
  withSystem(async (system) => {
    system.intercept = () => ({ fail: Code.NOT_FOUND });
    await expectStatus(system, 503);
    system.intercept = () => undefined;
    await expectStatus(system, 204);
  }),
);

concurrently('recovers from a connection that has gone silent', async () => {
  const proxies: TcpProxy[] = [];
  const via = async (port: number) => {
    const proxy = await startTcpProxy({ port });
    proxies.push(proxy);
    return proxy.port;
  };
  const run = async (system: WebhookSystem) => {
    await expectStatus(system, 204);
    for (const proxy of proxies) proxy.forget();
    await expectRecovery(system);
  };
  try {
    await withSystem(run, { via });
  } finally {
    for (const proxy of proxies) await proxy.close();
  }
});

async function withSystem(
  run: (system: WebhookSystem) => Promise<void>,
  { down = false, via }: { down?: boolean; via?: (port: number) => Promise<number> } = {},
): Promise<void> {
  const system = await startWebhookSystem({}, via);
  if (down) await system.stopPubSub();
  try {
    await run(system);
    expect(system.process.process.exitCode).toBeNull();
  } finally {
    await system.stop();
  }
}

async function expectStatus(system: WebhookSystem, status: number): Promise<void> {
  const startedAt = performance.now();
  const sent = await system.send({ body: bodyOf() });
  expect(performance.now() - startedAt).toBeLessThan(ANSWER_MS);
  expectForm(sent.answer, status);
  expect(await system.linesOf(sent)).toHaveLength(1);
}

async function expectRecovery(system: WebhookSystem): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const sent = await system.send({ body: bodyOf() });
    if (sent.answer?.status === 204) break;
    expectForm(sent.answer, 503);
    await sleep(200);
    expect(performance.now() - startedAt).toBeLessThan(RECOVERY_MS);
  }
  expect(performance.now() - startedAt).toBeLessThan(RECOVERY_MS);
}
