import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startPubSubEmulator } from '../../../tools/services/pubsub/emulator.ts';
import { NAMES, openPush, until } from './emulator-fixture.ts';

it('names a port that is taken', async () => {
  const first = await startPubSubEmulator();
  const port = Number(first.host.split(':')[1]);
  await expect(startPubSubEmulator({ port })).rejects.toThrow(
    `The Pub/Sub emulator cannot listen on 127.0.0.1:${port}: the port is already taken`,
  );
  await first.close();
  const second = await startPubSubEmulator({ port });
  expect(second.host).toBe(first.host);
  await second.close();
});

it('cuts pushes and timers when it closes', async () => {
  const open = await openPush(({ body }) => (body.message.attributes?.['hang'] ? undefined : 503), {
    timeScale: 1,
  });
  open.emulator.publish(NAMES.topic, { attributes: { hang: '1' } }, { attributes: { refuse: '1' } });
  await until('a push that hangs and one that was refused twice', () => open.endpoint.pushes.length === 3);
  const before = open.events.length;
  expect(await open.endpoint.connections()).toBeGreaterThan(0);
  await open.emulator.close();
  await until('the end of all connections', async () => (await open.endpoint.connections()) === 0);
  expect(open.events).toHaveLength(before);
  // Closing twice does no harm.
  await open.close();
});

it('keeps no process alive once closed', async () => {
  const emulator = new URL('../../../tools/services/pubsub/emulator.ts', import.meta.url);
  const script = `
    const { startPubSubEmulator } = await import(${JSON.stringify(emulator)});
    const emulator = await startPubSubEmulator();
    emulator.createTopic({ name: 'projects/p/topics/events' });
    const pushConfig = { pushEndpoint: 'http://127.0.0.1:1/' };
    const retryPolicy = { minimumBackoff: { seconds: 600 } };
    const topic = 'projects/p/topics/events';
    emulator.createSubscription({ name: 'projects/p/subscriptions/push', topic, pushConfig, retryPolicy });
    emulator.publish(topic, { data: 'x' });
    setTimeout(() => emulator.close(), 100);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: 'inherit',
    timeout: 10_000,
  });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
});
