import { setTimeout as sleep } from 'node:timers/promises';
import { signWithAll } from '../events/sign.ts';
import { call } from './client.ts';
import type { Answer, EventRecord } from './ledger.ts';
import type { Simulation } from './simulation.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Before each retry, https://docs.svix.com/retries: 8 attempts over 27 h 35 m 5 s. */
const RETRIES_MS = [5_000, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];
/** Somebody presses "replay" an hour after the last attempt failed; once, so that what can never work ends. */
const WITH_REPLAY_MS = [...RETRIES_MS, HOUR, ...RETRIES_MS];
const JITTER = 0.2;

const FAULTS = {
  'request lost': [0.025],
  'answer lost': [0.025, 3],
  'sent twice': [0.025],
  'sent late': [0.025, 100],
} as const;

/** Sends an event as Svix does: until it is answered with 2xx, with a fresh timestamp and signature each time. */
export async function sendEvent(simulation: Simulation, record: EventRecord): Promise<void> {
  const { scheduler, rng } = simulation;
  const { id, status } = record.event;
  const delayMs = (status === 204 ? WITH_REPLAY_MS : RETRIES_MS)[record.attempts];
  record.attempts += 1;
  const key = `${id}/${record.attempts}`;
  const answers = await deliver(simulation, record, key);
  record.accepted = answers.some((answer) => typeof answer === 'number' && answer >= 200 && answer < 300);
  // No answer is a violation already, and its retries would only take long.
  if (record.accepted || answers.includes('timeout') || delayMs === undefined) return;
  const jitteredMs = delayMs * (1 - JITTER + 2 * JITTER * rng(`jitter/${key}`));
  scheduler.add(scheduler.now() + jitteredMs, () => sendEvent(simulation, record));
}

/** Delivers one attempt with its fault; resolves with every answer that there was. */
async function deliver(simulation: Simulation, record: EventRecord, key: string): Promise<readonly Answer[]> {
  const { faults, ledger, rotation, webhook } = simulation;
  const { event, statuses, messageIds } = record;
  const { id, body, status, lines } = event;
  const target = webhook.targetFor(key);
  const { kind, delayMs } = faults.draw('send', key, FAULTS, id);

  async function post(cutAfterMs?: number): Promise<Answer> {
    const headers = signWithAll(rotation.signing, body, { id, timestamp: Math.floor(target.seconds()) });
    const answer = await call(simulation, { target, headers, body, cutAfterMs, name: `webhook ${id}` });
    if (typeof answer !== 'number') return answer;
    statuses.add(answer);
    if (answer !== status && answer !== 503)
      ledger.violations.push(`${id} (${event.kind}) was answered with ${answer}, not ${status}`);
    if (answer === 204 && lines !== undefined && messageIds.length === 0)
      ledger.violations.push(`${id} (${event.kind}) was answered with 204 while Pub/Sub did not hold it`);
    return answer;
  }

  if (kind === 'request lost') return [];
  if (kind === 'answer lost') return [await post(delayMs)];
  if (kind === 'sent late') await sleep(delayMs);
  return Promise.all(kind === 'sent twice' ? [post(), post()] : [post()]);
}
