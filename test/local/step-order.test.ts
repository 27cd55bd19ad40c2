import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage, Step } from '../../tools/local/timeline/hop.ts';
import { inOrder, inWayOrder, SETTLE_MS } from '../../tools/local/timeline/hop-order.ts';

const BEGAN = Date.parse('2026-11-23T20:13:46.000Z');

/** What the three processes say of two events, as it arrives: the subscriber's line before the webhook's. */
const ARRIVED = [
  step('msg_1', 'delivered', 46),
  step('msg_1', 'decided', 52),
  step('msg_1', 'received', 57),
  step('msg_2', 'received', 58),
  step('msg_1', 'published', 57),
];
const IN_ORDER = [
  ['received', 46],
  ['published', 46],
  ['delivered', 46],
  ['decided', 52],
];

it('tells each event hop by hop, and no hop with a later time than the next', async () => {
  const told: Step[] = [];
  const { push } = inOrder((each) => told.push(each));
  ARRIVED.forEach(push);
  expect(told).toEqual([]);
  await sleep(2 * SETTLE_MS);
  expect(hops(told.filter(({ webhookId }) => webhookId === 'msg_1'))).toEqual(IN_ORDER);
  expect(hops(told.filter(({ webhookId }) => webhookId === 'msg_2'))).toEqual([['received', 58]]);
});

it('tells the story of an event in the same order, and leaves what came much later where it is', () => {
  const again = step('msg_1', 'delivered', 46 + 10 * SETTLE_MS);
  const own = [...ARRIVED, again].filter(({ webhookId }) => webhookId === 'msg_1');
  expect(hops(inWayOrder(own))).toEqual([...IN_ORDER, ['delivered', 46 + 10 * SETTLE_MS]]);
});

function hops(steps: readonly Step[]): unknown[] {
  return steps.map(({ stage, at }) => [stage, Date.parse(at) - BEGAN]);
}

function step(webhookId: string, stage: Stage, afterMs: number): Step {
  const at = new Date(BEGAN + afterMs).toISOString();
  return { at, webhookId, incidentId: '01I', stage, state: 'done', text: '', reason: undefined };
}
