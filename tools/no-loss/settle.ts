import { setTimeout as sleep } from 'node:timers/promises';
import { moveDeadLetters } from '../redrive/move.ts';
import { openPubSub } from '../redrive/pubsub.ts';
import type { PubSubEmulator } from '../services/pubsub/emulator.ts';
import type { Message } from '../services/pubsub/message.ts';
import { type Context, NAMES, NO_OUTAGE } from './context.ts';
import { POISON } from './event-plan.ts';

const STEP_MS = 20;
/** Without any progress. */
const PATIENCE_MS = 30_000;
const REDRIVE = { idleMs: 500, stop: new AbortController().signal };
const MAX_REDRIVES = 10;

/**
 * Waits until every message is processed or dead-lettered, ends every outage, redrives what was
 * dead-lettered because of one, as an operator would, and waits for the rest.
 * @param underway deliveries that are still on their way.
 * @returns how many messages were redriven.
 */
export async function settle(
  { outages, ledger }: Context,
  emulator: PubSubEmulator,
  underway: () => number,
): Promise<number> {
  await waitUntilIdle(emulator, underway);
  Object.assign(outages, NO_OUTAGE);
  const isCurable = ({ attributes }: Message): boolean =>
    attributes[POISON] === undefined &&
    ledger.events.get(attributes['webhookId'] ?? '')?.event.kind !== 'ambiguous_alaner';
  const curable = (): Message[] => emulator.published(NAMES.deadLetterTopic).filter(isCurable);
  await using pubsub = await openPubSub(NAMES.deadLetterSubscription, NAMES.topic, emulator.host);
  let redriven = 0;
  let failures = 0;
  for (let runs = 0; runs < MAX_REDRIVES && curable().length + failures > redriven; runs += 1) {
    redriven = curable().length;
    // A publish that failed leaves its message in the subscription for the next run, as it does for an operator.
    failures = (await moveDeadLetters(pubsub, REDRIVE, () => {})).failures.length;
    await waitUntilIdle(emulator, underway);
  }
  return redriven;
}

/** Waits until no message is left, or nothing has moved for a while. */
async function waitUntilIdle(emulator: PubSubEmulator, underway: () => number): Promise<void> {
  let last = -1;
  let since = performance.now();
  for (;;) {
    const left = emulator.backlog(NAMES.subscription) + underway();
    if (left !== last) since = performance.now();
    if (left === 0 || performance.now() - since > PATIENCE_MS) return;
    last = left;
    await sleep(STEP_MS);
  }
}
