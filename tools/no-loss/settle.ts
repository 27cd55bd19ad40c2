import { setTimeout as sleep } from 'node:timers/promises';
import { moveDeadLetters } from '../redrive/move.ts';
import { openPubSub } from '../redrive/pubsub.ts';
import type { Message } from '../services/pubsub/message.ts';
import { NAMES } from './context.ts';
import { POISON } from './event-plan.ts';
import type { Simulation } from './simulation.ts';

const STEP_MS = 20;
/** Without any progress. */
const PATIENCE_MS = 30_000;
const REDRIVE = { idleMs: 500, stop: new AbortController().signal };
const MAX_REDRIVES = 10;

/**
 * Waits until every message is processed or dead-lettered, ends every outage, redrives what was
 * dead-lettered because of one, as an operator would, and waits for the rest.
 * @returns how many messages were redriven.
 */
export async function settle(simulation: Simulation): Promise<number> {
  const { faults, ledger, emulator } = simulation;
  await waitUntilIdle(simulation);
  faults.outages.clear();
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
    await waitUntilIdle(simulation);
  }
  return redriven;
}

/** Waits until no message is left, or nothing has moved for a while. */
async function waitUntilIdle({ emulator, ledger }: Simulation): Promise<void> {
  let last = -1;
  let since = performance.now();
  for (;;) {
    // Pub/Sub no longer waits for some of those that are on their way.
    const underway = [...ledger.deliveries.values()].map(({ forwarded, answers }) => forwarded - answers.length);
    const left = underway.reduce((sum, count) => sum + count, emulator.backlog(NAMES.subscription));
    if (left !== last) since = performance.now();
    if (left === 0 || performance.now() - since > PATIENCE_MS) return;
    last = left;
    await sleep(STEP_MS);
  }
}
