import { setTimeout as sleep } from 'node:timers/promises';
import { moveDeadLetters } from '../redrive/move.ts';
import { openPubSub } from '../redrive/pubsub.ts';
import type { PubSubEmulator } from '../services/pubsub/emulator.ts';
import { POISON } from './event-plan.ts';
import type { Ledger } from './ledger.ts';

/** Full names on the emulator. */
export const NAMES = {
  topic: 'projects/p/topics/incident-events',
  subscription: 'projects/p/subscriptions/incident-lead',
  deadLetterTopic: 'projects/p/topics/dead-letters',
  deadLetterSubscription: 'projects/p/subscriptions/dead-letters',
};

const STEP_MS = 20;
/** Without any progress. */
const PATIENCE_MS = 30_000;
const IDLE_MS = 500;
const MAX_REDRIVES = 5;

/**
 * Waits until every message is worked off or dead-lettered, or nothing has moved for a while.
 * @param underway deliveries that are still on their way.
 */
export async function workOff(emulator: PubSubEmulator, underway: () => number): Promise<void> {
  let last = -1;
  let since = performance.now();
  for (;;) {
    const left = emulator.backlog(NAMES.subscription) + underway();
    if (left === 0) return;
    if (left !== last) since = performance.now();
    last = left;
    if (performance.now() - since > PATIENCE_MS) return;
    await sleep(STEP_MS);
  }
}

/**
 * Redrives what was dead-lettered for an outage, as people do, and waits for the rest.
 * @returns how many messages were redriven.
 */
export async function settle(emulator: PubSubEmulator, ledger: Ledger, underway: () => number): Promise<number> {
  const redriven = new Set<string>();
  for (let round = 0; round <= MAX_REDRIVES; round += 1) {
    await workOff(emulator, underway);
    const curable = emulator
      .published(NAMES.deadLetterTopic)
      .filter(({ messageId, attributes }) => !redriven.has(messageId) && isCurable(attributes, ledger));
    if (curable.length === 0) break;
    for (const { messageId } of curable) redriven.add(messageId);
    await redrive(emulator.host);
  }
  return redriven.size;
}

function isCurable(attributes: Readonly<Record<string, string>>, ledger: Ledger): boolean {
  if (attributes[POISON] !== undefined) return false;
  return ledger.events.get(attributes['webhookId'] ?? '')?.event.kind !== 'ambiguous_alaner';
}

async function redrive(host: string): Promise<void> {
  const pubsub = await openPubSub(NAMES.deadLetterSubscription, NAMES.topic, host);
  const bounds = { idleMs: IDLE_MS, stop: new AbortController().signal };
  let left = 1;
  // A publish that failed leaves its message in the subscription for the next run, as it does for people.
  for (let runs = 0; left > 0 && runs < MAX_REDRIVES; runs += 1) {
    const { failures } = await moveDeadLetters(pubsub, bounds, () => {});
    left = failures.length;
  }
  await pubsub.close();
}
