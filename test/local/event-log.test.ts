import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventLog, readEventLog, SETTLE_MS } from '../../tools/local/timeline/event-log.ts';
import { type Hop, type HopName, sortHops } from '../../tools/local/timeline/hop.ts';

const folder = mkdtempSync(join(tmpdir(), 'event-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

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
  const log = new EventLog(folder);
  log.on('hop', (each) => told.push(each));
  for (const each of ARRIVED) log.add(each);
  expect(told).toEqual([]);
  await sleep(2 * SETTLE_MS);
  expect(told.map(({ event }) => event)).toEqual(['msg_1', 'msg_1', 'msg_1', 'msg_1', 'msg_2']);
  expect(summary(told.slice(0, 4))).toEqual(IN_ORDER);
  expect(readEventLog(folder)).toEqual(told);
});

it('keeps what it has when it is full, and ends', () => {
  const log = new EventLog(folder);
  const large = { ...hop('msg_1', 'published', 0), text: 'x'.repeat(17 * 1024 * 1024) };
  for (const event of ['msg_1', 'msg_2', 'msg_3']) log.add({ ...large, event });
  log.stop();
  expect(readEventLog(folder).map(({ event }) => event)).toEqual(['msg_1', 'msg_2', 'msg_3']);
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
  return { at, event, webhookId: event, incidentId: '01I', name, state: 'done', text: '' };
}
