import { setTimeout as sleep } from 'node:timers/promises';
import type { Hop, HopName } from '../../tools/local/timeline/hop.ts';
import { SETTLE_MS, sortHops, sortLive } from '../../tools/local/timeline/hop-order.ts';

const BEGAN = Date.parse('2026-11-23T20:13:46.000Z');

/** What the three processes say of two events, as it arrives: the subscriber's line before the webhook's. */
const ARRIVED = [
  hop('msg_1', 'decided', 52),
  hop('msg_1', 'delivered', 46),
  hop('msg_2', 'received', 30),
  hop('msg_1', 'received', 43),
  hop('msg_1', 'published', 46),
];
const IN_ORDER = [
  ['received', 43],
  ['published', 46],
  ['delivered', 46],
  ['decided', 52],
];

it('tells one event after the other, each by time and those of one millisecond hop by hop', async () => {
  const told: Hop[] = [];
  const { push } = sortLive((each) => told.push(each));
  ARRIVED.forEach(push);
  expect(told).toEqual([]);
  await sleep(2 * SETTLE_MS);
  expect(told.map(({ event }) => event)).toEqual(['msg_1', 'msg_1', 'msg_1', 'msg_1', 'msg_2']);
  expect(summary(told.slice(0, 4))).toEqual(IN_ORDER);
});

it('tells the timeline of an event in the same order', () => {
  const again = hop('msg_1', 'delivered', 46 + 10 * SETTLE_MS);
  const own = [...ARRIVED, again].filter(({ event }) => event === 'msg_1');
  expect(summary(sortHops(own))).toEqual([...IN_ORDER, ['delivered', 46 + 10 * SETTLE_MS]]);
});

function summary(hops: readonly Hop[]): unknown[] {
  return hops.map(({ name, at }) => [name, Date.parse(at) - BEGAN]);
}

function hop(event: string, name: HopName, afterMs: number): Hop {
  const at = new Date(BEGAN + afterMs).toISOString();
  return {
    at,
    event,
    webhookId: event,
    incidentId: '01I',
    name,
    state: 'done',
    text: '',
    reason: undefined,
    subscription: undefined,
    delivery: undefined,
  };
}
