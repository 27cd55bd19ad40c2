import type { Message, Subscription } from '@google-cloud/pubsub';
import { Code } from '../../tools/grpc-server/rpc-error.ts';
import type { Fixture } from './emulator-fixture.ts';
import { openFixture, until } from './emulator-fixture.ts';

const TOPIC = 'projects/p/topics/events';
const SUBSCRIPTION = 'projects/p/subscriptions/streamed';

let fixture: Fixture;
let subscription: Subscription;

beforeEach(async () => {
  fixture = await openFixture({ timeScale: 0.01 });
  fixture.emulator.createTopic({ name: TOPIC });
  fixture.emulator.createSubscription({ name: SUBSCRIPTION, topic: TOPIC });
});

afterEach(async () => {
  await subscription.close();
  await fixture.close();
});

function publish(count: number): void {
  fixture.emulator.publish(TOPIC, ...Array.from({ length: count }, (_, n) => ({ data: String(n) })));
}

it('delivers what was published before and after it opened, in order', async () => {
  publish(3);
  const seen: string[] = [];
  subscription = fixture.client.subscription(SUBSCRIPTION);
  subscription.on('message', (message: Message) => {
    seen.push(String(message.data));
    message.ack();
  });
  await until('the first messages', () => seen.length === 3);
  publish(1_000);
  await until('the others and their acknowledgements', () => fixture.emulator.backlog(SUBSCRIPTION) === 0);
  expect(seen).toEqual([...['0', '1', '2'], ...Array.from({ length: 1_000 }, (_, n) => String(n))]);
  expect(fixture.deliveries().every(({ acknowledged, attempt }) => acknowledged && attempt === 1)).toBe(true);
});

it('delivers again what the subscriber refuses', async () => {
  subscription = fixture.client.subscription(SUBSCRIPTION);
  let deliveries = 0;
  subscription.on('message', (message: Message) => {
    deliveries += 1;
    if (deliveries < 3) message.nack();
    else message.ack();
  });
  publish(1);
  await until('an acknowledgement', () => fixture.emulator.backlog(SUBSCRIPTION) === 0);
  expect(deliveries).toBe(3);
});

it('keeps no more messages out than the flow control allows', async () => {
  subscription = fixture.client.subscription(SUBSCRIPTION, {
    flowControl: { maxMessages: 5, allowExcessMessages: false },
  });
  const held: Message[] = [];
  subscription.on('message', (message: Message) => held.push(message));
  publish(20);
  await until('five messages', () => held.length >= 5);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(held).toHaveLength(5);
  for (const message of held.splice(0)) message.ack();
  await until('five more', () => held.length >= 5);
  expect(fixture.emulator.backlog(SUBSCRIPTION)).toBe(15);
  for (const message of held) message.ack();
});

it('shares the messages between two streams', async () => {
  subscription = fixture.client.subscription(SUBSCRIPTION);
  const other = fixture.client.subscription(SUBSCRIPTION);
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
  await other.close();
  expect(seen.one + seen.two).toBe(published);
});

it.each([
  ['is not there', 'missing', Code.NOT_FOUND],
  ['pushes', 'pushing', Code.FAILED_PRECONDITION],
])('reports a subscription that %s', async (_case, id, code) => {
  const pushConfig = { pushEndpoint: 'http://127.0.0.1:1/' };
  fixture.emulator.createSubscription({ name: 'projects/p/subscriptions/pushing', topic: TOPIC, pushConfig });
  subscription = fixture.client.subscription(id);
  const error = await new Promise((resolve) => {
    subscription.on('error', resolve);
    subscription.on('message', () => undefined);
  });
  expect(error).toMatchObject({ code });
});

it('ends when the subscription is deleted', async () => {
  subscription = fixture.client.subscription(SUBSCRIPTION);
  const seen: string[] = [];
  const failed = new Promise((resolve) => subscription.on('error', resolve));
  subscription.on('message', (message: Message) => {
    seen.push(message.id);
    message.ack();
  });
  publish(1);
  await until('a message', () => seen.length === 1);
  await fixture.client.subscription(SUBSCRIPTION).delete();
  expect(await failed).toMatchObject({ code: Code.NOT_FOUND });
});
