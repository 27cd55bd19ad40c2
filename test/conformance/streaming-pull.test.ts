import type { Message } from '@google-cloud/pubsub';
import { status } from '@grpc/grpc-js';
import { openPubSub, until } from './open-pubsub.ts';

const open = await openPubSub();
const ends: (() => Promise<void>)[] = [];

// Waits for each stream's end: the library may not look at one after the tests.
afterEach(() => Promise.all(ends.splice(0).map((end) => end())));

afterAll(() => open.close());

/** Opens a stream without the client library's own handling; it may be written to. */
function openStream(first: { subscription: string } & Record<string, unknown>) {
  const seen = { ackIds: [] as string[], ended: false, error: undefined as { code?: number } | undefined };
  const stream = open.subscriber.streamingPull();
  ends.push(async () => {
    stream.end();
    await until('the end of a stream', () => seen.ended);
  });
  stream.on('data', ({ receivedMessages }: { receivedMessages: { ackId: string }[] }) => {
    seen.ackIds.push(...receivedMessages.map(({ ackId }) => ackId));
  });
  stream.on('error', (error: { code: number }) => {
    seen.error ??= error;
    seen.ended = true;
  });
  stream.on('end', () => {
    seen.ended = true;
  });
  stream.write({ streamAckDeadlineSeconds: 10, ...first });
  return seen;
}

const publish = (count: number) => open.publish(...Array.from({ length: count }, (_, n) => ({ data: String(n) })));
const pause = () => new Promise((resolve) => setTimeout(resolve, 300));

it('delivers what was published before and after it opened, to the real client', async () => {
  const subscription = open.client.subscription(await open.subscribe('client'));
  await publish(3);
  const seen = new Set<string>();
  subscription.on('message', (message: Message) => {
    seen.add(message.id);
    message.ack();
  });
  await until('the first messages', () => seen.size === 3);
  await publish(500);
  await until('the others', () => seen.size === 503);
  await subscription.close();
});

it('delivers again what the subscriber refuses', async () => {
  const subscription = open.client.subscription(await open.subscribe('refusing'));
  let deliveries = 0;
  subscription.on('message', (message: Message) => {
    deliveries += 1;
    if (deliveries < 3) message.nack();
    else message.ack();
  });
  await publish(1);
  await until('a third delivery', () => deliveries === 3);
  await subscription.close();
});

it('carries out the acknowledgements of its first request', async () => {
  const subscription = await open.subscribe('first');
  await publish(3);
  const [done, refused] = await open.pull(subscription, 2);
  const seen = openStream({
    subscription,
    ackIds: [done?.ackId],
    modifyDeadlineAckIds: [refused?.ackId],
    modifyDeadlineSeconds: [0],
  });
  await until('the refused message and the third', () => seen.ackIds.length >= 2);
  await pause();
  expect(seen.ackIds).toHaveLength(2);
});

it.each<[what: string, code: number, change: (subscription: string) => Promise<unknown>]>([
  [
    'is switched to push',
    status.FAILED_PRECONDITION,
    (subscription) =>
      open.subscriber.modifyPushConfig({ subscription, pushConfig: { pushEndpoint: 'http://127.0.0.1:9/' } }),
  ],
  ['is deleted', status.NOT_FOUND, (subscription) => open.subscriber.deleteSubscription({ subscription })],
])('ends when the subscription %s', async (what, code, change) => {
  const subscription = await open.subscribe(`ending-${what.length}`);
  const seen = openStream({ subscription });
  await pause();
  await change(subscription);
  await until('the end', () => seen.error !== undefined);
  expect(seen.error).toMatchObject({ code });
});

it.each<[what: string, code: number, first: Record<string, unknown>]>([
  ['a deadline of 9 s', status.INVALID_ARGUMENT, { streamAckDeadlineSeconds: 9 }],
  ['an ack id that is nonsense', status.INVALID_ARGUMENT, { ackIds: ['nonsense'] }],
])('refuses %s', async (what, code, first) => {
  const seen = openStream({ subscription: await open.subscribe(`refusing-${what.length}`), ...first });
  await until('the refusal', () => seen.error !== undefined);
  expect(seen.error).toMatchObject({ code });
});

it.each<[what: string, code: number, settings: object | undefined]>([
  ['is not there', status.NOT_FOUND, undefined],
  ['pushes', status.FAILED_PRECONDITION, { pushConfig: { pushEndpoint: 'http://127.0.0.1:9/' } }],
])('reports a subscription that %s', async (what, code, settings) => {
  const id = `reported-${what.length}`;
  if (settings) await open.subscribe(id, settings);
  const seen = openStream({ subscription: `projects/${open.projectId}/subscriptions/${id}` });
  await until('the report', () => seen.error !== undefined);
  expect(seen.error).toMatchObject({ code });
});
