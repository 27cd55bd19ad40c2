import { setTimeout as sleep } from 'node:timers/promises';
import { signWithAll } from '../events/sign.ts';
import type { Answer, Target } from './client.ts';
import type { PlannedEvent } from './event-plan.ts';
import type { Fault } from './faults.ts';
import type { EventRecord } from './ledger.ts';
import type { Simulation } from './simulation.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Before each retry, https://docs.svix.com/retries: 8 attempts over 27 h 35 m 5 s. */
const RETRIES_MS = [5_000, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];
const JITTER = 0.2;
/** Somebody presses "replay" after the last attempt failed; once, so that what can never work ends. */
const REPLAYS = 1;
const REPLAY_AFTER_MS = HOUR;

const FAULTS = { 'request lost': 0.025, 'answer lost': 0.025, 'sent twice': 0.025, 'sent late': 0.025 };
const LATE_MS = 100;
const ANSWER_LOST_MS = 3;

/** Sends an event as Svix does: until it is answered with 2xx, with a fresh timestamp and signature each time. */
export function sendEvent(simulation: Simulation, event: PlannedEvent): Promise<void> {
  return attempt(simulation, simulation.ledger.plan(event), 1);
}

async function attempt(simulation: Simulation, record: EventRecord, number: number): Promise<void> {
  const { scheduler, faults, rng, webhook } = simulation;
  const { id, status } = record.event;
  const key = `${id}/${record.replays}/${number}`;
  record.attempts += 1;
  const fault = faults.draw('send', key, FAULTS, { webhookId: id });
  const answers = await deliver(simulation, record, webhook.targetFor(key), fault);
  if (answers.some((answer) => typeof answer === 'number' && answer >= 200 && answer < 300)) {
    record.accepted = true;
    return;
  }
  // That is a violation already, and its retries would only take long.
  if (answers.includes('timeout')) return;
  const delayMs = RETRIES_MS[number - 1];
  if (delayMs !== undefined) {
    const jitteredMs = delayMs * (1 - JITTER + 2 * JITTER * rng(`jitter/${key}`));
    scheduler.add(scheduler.now() + jitteredMs, () => attempt(simulation, record, number + 1));
  } else if (status === 204 && record.replays < REPLAYS) {
    record.replays += 1;
    scheduler.add(scheduler.now() + REPLAY_AFTER_MS, () => attempt(simulation, record, 1));
  }
}

/** Delivers one attempt with its fault; resolves with every answer that there was. */
async function deliver(
  simulation: Simulation,
  record: EventRecord,
  target: Target,
  fault: Fault<keyof typeof FAULTS> | undefined,
): Promise<readonly Answer[]> {
  const post = (cutAfterMs?: number): Promise<Answer> => postOnce(simulation, record, target, cutAfterMs);
  switch (fault?.kind) {
    case 'request lost':
      return [];
    case 'answer lost':
      return [await post(fault.amount * ANSWER_LOST_MS)];
    case 'sent twice':
      return Promise.all([post(), post()]);
    case 'sent late':
      await sleep(fault.amount * LATE_MS);
  }
  return [await post()];
}

async function postOnce(simulation: Simulation, record: EventRecord, target: Target, cutAfterMs?: number) {
  const { client, ledger, rotation } = simulation;
  const { event, statuses, messageIds } = record;
  const { id, kind, body } = event;
  const headers = signWithAll(rotation.signing, body, { id, timestamp: Math.floor(target.seconds()) });
  const answer = await client.call({ target, headers, body, cutAfterMs, name: `webhook ${id}` });
  if (typeof answer !== 'number') return answer;
  statuses.add(answer);
  if (answer !== event.status && answer !== 503) {
    ledger.violations.push(`${id} (${kind}) was answered with ${answer}, not ${event.status}`);
  }
  if (answer === 204 && event.lines !== undefined && messageIds.length === 0) {
    ledger.violations.push(`${id} (${kind}) was answered with 204 while Pub/Sub did not hold it`);
  }
  return answer;
}
