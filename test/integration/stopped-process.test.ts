import { setTimeout as sleep } from 'node:timers/promises';
import { dial } from '../../tools/services/raw-http.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { concurrently } from '../support/concurrently.ts';
import { expectForm, expectOutcome, PUBLISHED } from '../support/hostile-table.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

/** After the end of any fault the next requests succeed within this time (contract). */
const RECOVERY_MS = 25_000;
/** As Cloud Run does with an instance that has no requests, only for longer there. */
const STOPPED_MS = 3_000;
const BODY = bodyOf();

interface Surroundings {
  readonly system: WebhookSystem;
  /** In front of Pub/Sub. */
  readonly proxy: TcpProxy;
}

scenario('publishes what came while it was stopped and its connections were cut', async ({ system, proxy }) => {
  const idle = await dial(system.port);
  const sending = await whileStopped(system, async () => {
    proxy.cut();
    idle.socket.resetAndDestroy();
    return [1, 2, 3].map(() => system.send({ body: BODY }));
  });
  for (const sent of await Promise.all(sending)) await expectOutcome(system, sent, PUBLISHED);
});

scenario('publishes what came in part before it was stopped', async ({ system, proxy }) => {
  const sent = system.prepare({ body: BODY });
  const connection = await dial(system.port);
  connection.write(sent.bytes.subarray(0, -5));
  await sleep(200);
  await whileStopped(system, async () => {
    proxy.cut();
    connection.write(sent.bytes.subarray(-5));
  });
  await expectOutcome(system, { ...sent, answer: await connection.answer() }, PUBLISHED);
  connection.socket.destroy();
});

scenario('recovers after its connections went silent while it was stopped', async ({ system, proxy }) => {
  await whileStopped(system, async () => proxy.forget());
  const startedAt = performance.now();
  for (;;) {
    const { answer } = await system.send({ body: BODY });
    if (answer?.status === 204) break;
    expectForm(answer, 503);
    expect(performance.now() - startedAt).toBeLessThan(RECOVERY_MS);
  }
});

function scenario(name: string, run: (here: Surroundings) => Promise<void>): void {
  concurrently(name, async () => {
    let proxy: TcpProxy | undefined;
    const system = await startWebhookSystem({}, async (port) => {
      proxy = await startTcpProxy({ port });
      return proxy.port;
    });
    if (proxy === undefined) throw new Error('there is no proxy');
    try {
      await expectOutcome(system, await system.send({ body: BODY }), PUBLISHED);
      await run({ system, proxy });
    } finally {
      await system.stop();
      await proxy.close();
    }
  });
}

/** Stops the process, and lets it go on a while after something has happened. */
async function whileStopped<Result>({ process }: WebhookSystem, happen: () => Promise<Result>): Promise<Result> {
  process.process.kill('SIGSTOP');
  try {
    const result = await happen();
    await sleep(STOPPED_MS);
    return result;
  } finally {
    process.process.kill('SIGCONT');
  }
}
