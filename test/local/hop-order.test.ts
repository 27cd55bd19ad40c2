import { setTimeout as sleep } from 'node:timers/promises';
import type { Hop, HopName } from '../../tools/local/timeline/hop.ts';
import { SETTLE_MS, sortHops, sortLive } from '../../tools/local/timeline/hop-order.ts';

const BEGAN = Date.parse('2026-11-23T20:13:46.000Z');

/** What the three processes say of two events, as it arrives: the subscriber's line before the webhook's. */
const ARRIVED = [
  hop('msg_1', 'delivered', 46),
  hop('msg_1', 'decided', 52),
  hop('msg_1', 'received', 57),
  hop('msg_2', 'received', 58),
  hop('msg_1', 'published', 57),
];
const IN_ORDER = [
  ['received', 46],
  ['published', 46],
  ['delivered', 46],
  ['decided', 52],
];

it('tells each event hop by hop, and no hop with a later time than the next', async () => {
  const told: Hop[] = [];
  const { push } = sortLive((each) => told.push(each));
  ARRIVED.forEach(push);
  expect(told).toEqual([]);
  await sleep(2 * SETTLE_MS);
  expect(hops(told.filter(({ webhookId }) => webhookId === 'msg_1'))).toEqual(IN_ORDER);
  expect(hops(told.filter(({ webhookId }) => webhookId === 'msg_2'))).toEqual([['received', 58]]);
});

it('tells the story of an event in the same order, and leaves what came much later where it is', () => {
  const again = hop('msg_1', 'delivered', 46 + 10 * SETTLE_MS);
  const own = [...ARRIVED, again].filter(({ webhookId }) => webhookId === 'msg_1');
  expect(hops(sortHops(own))).toEqual([...IN_ORDER, ['delivered', 46 + 10 * SETTLE_MS]]);
});

function hops(hops: readonly Hop[]): unknown[] {
  return hops.map(({ name, at }) => [name, Date.parse(at) - BEGAN]);
}

function hop(webhookId: string, name: HopName, afterMs: number): Hop {
  const at = new Date(BEGAN + afterMs).toISOString();
  return { at, webhookId, incidentId: '01I', name, state: 'done', text: '', reason: undefined };
}
