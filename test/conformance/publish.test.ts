import { status } from '@grpc/grpc-js';
import { openPubSub } from './open-pubsub.ts';

const open = await openPubSub();

afterAll(() => open.close());

it('delivers data and attributes to every subscription, under the id it confirmed', async () => {
  const subscriptions = [await open.subscribe('one'), await open.subscribe('two')];
  // Google's clients add the second attribute when they trace.
  const attributes = { webhookId: 'msg_1', googclient_traceparent: '00-1-1-01' };
  const ids = await open.publish({ data: 'é>?~', attributes }, { data: 'second' });
  expect(new Set(ids).size).toBe(2);
  for (const subscription of subscriptions) {
    const [{ receivedMessages }] = await open.subscriber.pull({ subscription, maxMessages: 10 });
    const messages = (receivedMessages ?? []).map(({ message }) => message);
    expect(messages.map((message) => message?.messageId).sort()).toEqual([...ids].sort());
    const first = messages.find((message) => message?.messageId === ids[0]);
    expect([String(first?.data), first?.attributes]).toEqual(['é>?~', attributes]);
  }
});

it('takes 1,000 messages at once', async () => {
  const ids = await open.publish(...Array.from({ length: 1_000 }, () => ({ data: 'x' })));
  expect(new Set(ids).size).toBe(1_000);
});

it.each<[string, { data?: string }[]]>([
  ['no message', []],
  ['an empty message, and with it the others', [{ data: 'x' }, {}]],
  ['1,001 messages', Array.from({ length: 1_001 }, () => ({ data: 'x' }))],
])('refuses %s', async (what, messages) => {
  const subscription = await open.subscribe(`refused-${what.length}`);
  await expect(open.publish(...messages)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  expect(await open.pull(subscription)).toEqual([]);
});

it('refuses a topic that is not there', async () => {
  const topic = `${open.topic}-not`;
  const refused = open.publisher.publish({ topic, messages: [{ data: Buffer.from('x') }] });
  await expect(refused).rejects.toMatchObject({ code: status.NOT_FOUND });
});
