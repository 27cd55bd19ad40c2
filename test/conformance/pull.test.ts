import { status } from '@grpc/grpc-js';
import { openPubSub, until } from './open-pubsub.ts';

const open = await openPubSub();

afterAll(() => open.close());

const modify = (subscription: string, ackId: string, ackDeadlineSeconds: number) =>
  open.subscriber.modifyAckDeadline({ subscription, ackIds: [ackId], ackDeadlineSeconds });
const acknowledge = (subscription: string, ackId: string) =>
  open.subscriber.acknowledge({ subscription, ackIds: [ackId] });

/** Waits for the next delivery of a message. */
async function next(subscription: string): Promise<string> {
  let ackId: string | undefined;
  await until('a delivery', async () => {
    ackId = (await open.pull(subscription))[0]?.ackId;
    return ackId !== undefined;
  });
  return ackId ?? '';
}

it('gives messages up to the limit, and forgets them once acknowledged', async () => {
  const subscription = await open.subscribe('limited');
  await open.publish({ data: 'a' }, { data: 'b' }, { data: 'c' });
  const first = await open.pull(subscription, 2);
  expect(first).toHaveLength(2);
  for (const { ackId } of first) await acknowledge(subscription, ackId);
  const second = await open.pull(subscription, 2);
  expect([...first, ...second].map(({ data }) => data).sort()).toEqual(['a', 'b', 'c']);
});

it('waits for a message to come', async () => {
  const subscription = await open.subscribe('waiting');
  const waiting = open.subscriber.pull({ subscription, maxMessages: 1 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await open.publish({ data: 'late' });
  const [{ receivedMessages }] = await waiting;
  expect(receivedMessages?.map(({ message }) => String(message?.data))).toEqual(['late']);
});

it.each<[what: string, use: (subscription: string, old: string) => Promise<unknown>]>([
  ['acknowledging with the ack id of the refused delivery', acknowledge],
  ['refusing with it', (subscription, old) => modify(subscription, old, 0)],
])('a redelivery is not touched by %s', async (what, use) => {
  const subscription = await open.subscribe(`old-${what.length}`);
  await open.publish({ data: 'x' });
  const old = await next(subscription);
  await modify(subscription, old, 0);
  const current = await next(subscription);
  expect(current).not.toBe(old);
  await use(subscription, old);
  expect(await open.pull(subscription)).toEqual([]);
  await modify(subscription, current, 0);
  const last = await next(subscription);
  await acknowledge(subscription, last);
  await modify(subscription, last, 0);
  expect(await open.pull(subscription)).toEqual([]);
});

it('an ack id is void once its delivery is refused', async () => {
  const subscription = await open.subscribe('refused');
  await open.publish({ data: 'x' });
  const ackId = await next(subscription);
  await modify(subscription, ackId, 0);
  await acknowledge(subscription, ackId);
  await next(subscription);
});

it.each<[what: string, use: (other: string, ackId: string) => Promise<unknown>]>([
  ['acknowledge', acknowledge],
  ['extend', (other, ackId) => modify(other, ackId, 20)],
  ['refuse', (other, ackId) => modify(other, ackId, 0)],
])("another subscription's ack id cannot %s", async (what, use) => {
  const [subscription, other] = [await open.subscribe(`one-${what}`), await open.subscribe(`other-${what}`)];
  await open.publish({ data: 'x' });
  const ackId = await next(subscription);
  await expect(use(other, ackId)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  expect(await open.pull(other)).toHaveLength(1);
});

it('bounds an answer by its bytes', async () => {
  const subscription = await open.subscribe('large');
  for (let message = 0; message < 25; message += 1) await open.publish({ data: Buffer.alloc(1_000_000) });
  const [{ receivedMessages }] = await open.subscriber.pull({ subscription, maxMessages: 1_000 });
  const bytes = (receivedMessages ?? []).reduce((sum, { message }) => sum + (message?.data?.length ?? 0), 0);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(10_000_000);
  expect(await open.drain(subscription, 25 - (receivedMessages ?? []).length)).toHaveLength(
    25 - (receivedMessages ?? []).length,
  );
});

it.each<[string, number, (subscription: string) => Promise<unknown>]>([
  ['no messages', status.INVALID_ARGUMENT, (subscription) => open.pull(subscription, 0)],
  ['no ack ids', status.INVALID_ARGUMENT, (subscription) => open.subscriber.acknowledge({ subscription, ackIds: [] })],
  ['an ack id that is nonsense', status.INVALID_ARGUMENT, (subscription) => acknowledge(subscription, 'nonsense')],
  ['a subscription that is not there', status.NOT_FOUND, (subscription) => open.pull(`${subscription}-not`)],
])('refuses %s', async (what, code, call) => {
  const subscription = await open.subscribe(`refuses-${what.length}`);
  await expect(call(subscription)).rejects.toMatchObject({ code });
});
