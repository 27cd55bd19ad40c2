import { jest } from '@jest/globals';
import { Code } from '../../../tools/services/grpc/rpc-error.ts';
import type { Fixture } from './emulator-fixture.ts';
import { openFixture, until } from './emulator-fixture.ts';

const TOPIC = 'projects/p/topics/events';
const SUBSCRIPTION = 'projects/p/subscriptions/pulls';

let fixture: Fixture;

beforeEach(async () => {
  // Ack deadlines of 10 s pass in 1 s.
  fixture = await openFixture({ ackDeadlineScale: 0.1 });
  fixture.emulator.createSubscription({ name: SUBSCRIPTION, topic: TOPIC });
});

afterEach(() => fixture.close());

async function pull(maxMessages = 10) {
  const [{ receivedMessages }] = await fixture.subscriber.pull({ subscription: SUBSCRIPTION, maxMessages });
  return (receivedMessages ?? []).map(({ ackId, message, deliveryAttempt }) => ({
    ackId: ackId ?? '',
    data: String(message?.data),
    deliveryAttempt,
  }));
}

it('answers with nothing after a bounded time, or at once when asked to', async () => {
  expect(await pull()).toEqual([]);
  const [{ receivedMessages }] = await fixture.subscriber.pull({
    subscription: SUBSCRIPTION,
    maxMessages: 1,
    returnImmediately: true,
  });
  expect(receivedMessages).toEqual([]);
});

it('delivers again when the ack deadline passes, and still takes the late acknowledgement', async () => {
  fixture.emulator.publish(TOPIC, { data: 'x' });
  const [early] = await pull();
  await until('the deadline', () => fixture.deliveries().length === 1);
  expect(fixture.deliveries()).toEqual([{ attempt: 1, acknowledged: false, answer: 'deadline exceeded' }]);
  await fixture.subscriber.acknowledge({ subscription: SUBSCRIPTION, ackIds: [early?.ackId ?? ''] });
  expect(fixture.emulator.backlog(SUBSCRIPTION)).toBe(0);
});

it('moves the ack deadline, and takes 0 as a refusal', async () => {
  fixture.emulator.publish(TOPIC, { data: 'x' });
  const [first] = await pull();
  const ackIds = [first?.ackId ?? ''];
  await fixture.subscriber.modifyAckDeadline({ subscription: SUBSCRIPTION, ackIds, ackDeadlineSeconds: 600 });
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(fixture.deliveries()).toEqual([]);
  await fixture.subscriber.modifyAckDeadline({ subscription: SUBSCRIPTION, ackIds, ackDeadlineSeconds: 0 });
  const [second] = await pull();
  expect(second?.ackId).not.toBe(first?.ackId);
  // The first delivery is over: refusing it once more must not touch the second.
  await fixture.subscriber.modifyAckDeadline({ subscription: SUBSCRIPTION, ackIds, ackDeadlineSeconds: 0 });
  expect(fixture.deliveries()).toEqual([{ attempt: 1, acknowledged: false, answer: 'refused' }]);
});

it.each<[what: string, code: Code, change: () => unknown]>([
  [
    'is switched to push',
    Code.FAILED_PRECONDITION,
    () =>
      fixture.subscriber.modifyPushConfig({
        subscription: SUBSCRIPTION,
        pushConfig: { pushEndpoint: 'http://127.0.0.1:1/' },
      }),
  ],
  ['is deleted', Code.NOT_FOUND, () => fixture.subscriber.deleteSubscription({ subscription: SUBSCRIPTION })],
])('a pull that waits is refused when the subscription %s', async (_what, code, change) => {
  const refused = expect(pull()).rejects.toMatchObject({ code });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await change();
  await refused;
  await expect(pull()).rejects.toMatchObject({ code });
});

it('refuses a deadline of over 10 minutes', async () => {
  const request = { subscription: SUBSCRIPTION, ackIds: [`${SUBSCRIPTION}:1-1`], ackDeadlineSeconds: 601 };
  await expect(fixture.subscriber.modifyAckDeadline(request)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
});

it.each(['acknowledge', 'modifyAckDeadline'] as const)('%s takes requests of up to 512 KiB', async (method) => {
  const [one] = ackIdsOf(1);
  const request = { subscription: SUBSCRIPTION, ackDeadlineSeconds: 10 };
  const each = Buffer.byteLength(one ?? '') + 2;
  const most = Math.floor((512 * 1024 - Buffer.byteLength(SUBSCRIPTION) - 8) / each);
  await fixture.subscriber[method]({ ...request, ackIds: ackIdsOf(most) });
  const refused = fixture.subscriber[method]({ ...request, ackIds: ackIdsOf(most + 2) });
  await expect(refused).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
});

it('forgets messages when their retention is over', async () => {
  fixture.emulator.publish(TOPIC, { data: 'old' });
  const days = (count: number) => Date.now() + count * 86_400_000;
  const clock = jest.spyOn(Date, 'now').mockReturnValue(days(6.9));
  expect(fixture.emulator.backlog(SUBSCRIPTION)).toBe(1);
  clock.mockReturnValue(days(7.1));
  expect(fixture.emulator.backlog(SUBSCRIPTION)).toBe(0);
  clock.mockRestore();
  expect(await pull()).toEqual([]);
});

function ackIdsOf(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${SUBSCRIPTION}:${1e15 + n}-1`);
}
