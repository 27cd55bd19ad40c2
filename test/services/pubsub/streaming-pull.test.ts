import type { Message, Subscription } from '@google-cloud/pubsub';
import type { Fixture } from './emulator-fixture.ts';
import { openFixture, until } from './emulator-fixture.ts';

const TOPIC = 'projects/p/topics/events';
const SUBSCRIPTION = 'projects/p/subscriptions/streamed';

let fixture: Fixture;
let opened: Subscription[];

beforeEach(async () => {
  opened = [];
  fixture = await openFixture({ timeScale: 0.01 });
  fixture.emulator.createSubscription({ name: SUBSCRIPTION, topic: TOPIC });
});

afterEach(async () => {
  await Promise.all(opened.map((subscription) => subscription.close()));
  await fixture.close();
});

function open(...args: Parameters<Fixture['client']['subscription']>): Subscription {
  const subscription = fixture.client.subscription(...args);
  opened.push(subscription);
  return subscription;
}

function publish(count: number): void {
  fixture.emulator.publish(TOPIC, ...Array.from({ length: count }, (_, n) => ({ data: String(n) })));
}

it('delivers what was published before and after it opened, each once', async () => {
  publish(3);
  const seen: string[] = [];
  const subscription = open(SUBSCRIPTION);
  subscription.on('message', (message: Message) => {
    seen.push(String(message.data));
    message.ack();
  });
  await until('the first messages', () => seen.length === 3);
  for (let batch = 0; batch < 3; batch += 1) publish(1_000);
  await until('the others and their acknowledgements', () => fixture.emulator.backlog(SUBSCRIPTION) === 0);
  const batch = Array.from({ length: 1_000 }, (_, n) => String(n));
  // The client opens five streams, and Pub/Sub promises no order.
  expect(seen.sort()).toEqual(['0', '1', '2', ...batch, ...batch, ...batch].sort());
  expect(fixture.deliveries().every(({ acknowledged, attempt }) => acknowledged && attempt === 1)).toBe(true);
});

it('sends no more than the flow control allows, until something is acknowledged', async () => {
  const stream = fixture.subscriber.streamingPull();
  const ackIds: string[] = [];
  stream.on('error', () => undefined);
  stream.on('data', ({ receivedMessages }: { receivedMessages: { ackId: string }[] }) => {
    ackIds.push(...receivedMessages.map(({ ackId }) => ackId));
  });
  publish(20);
  stream.write({ subscription: SUBSCRIPTION, streamAckDeadlineSeconds: 10, maxOutstandingMessages: 5 });
  await until('five messages', () => ackIds.length >= 5);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(ackIds).toHaveLength(5);
  stream.write({ ackIds: ackIds.slice(0, 3), modifyDeadlineAckIds: ackIds.slice(3, 4), modifyDeadlineSeconds: [0] });
  await until('four more', () => ackIds.length >= 9);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(ackIds).toHaveLength(9);
  expect(fixture.emulator.backlog(SUBSCRIPTION)).toBe(17);
  stream.destroy();
});

it('shares the messages between two streams', async () => {
  const subscription = open(SUBSCRIPTION);
  const other = open(SUBSCRIPTION);
  const seen = { one: 0, two: 0 };
  subscription.on('message', (message: Message) => {
    seen.one += 1;
    message.ack();
  });
  other.on('message', (message: Message) => {
    seen.two += 1;
    message.ack();
  });
  let published = 0;
  await until('both to get some', () => {
    publish(1);
    published += 1;
    return seen.one > 0 && seen.two > 0;
  });
  await until('all', () => fixture.emulator.backlog(SUBSCRIPTION) === 0);
  expect(seen.one + seen.two).toBe(published);
});
