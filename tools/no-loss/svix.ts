import { signWithAll } from '../events/sign.ts';
import type { FairClock, VirtualClock } from './clocks.ts';
import type { PlannedEvent } from './event-plan.ts';
import type { InjectFault } from './fault-injector.ts';
import type { EventRecord, Ledger } from './ledger.ts';
import type { AnswerLimits, OnAnswer, Poster, PostResult } from './post.ts';
import type { Rng } from './rng.ts';
import type { Rotation } from './rotation.ts';
import type { Scheduler } from './scheduler.ts';
import type { Tally } from './tally.ts';

/** A webhook function as the sender sees it. */
export interface Target extends AnswerLimits {
  readonly url: string;
  /** Unix seconds by the clock that the target checks timestamps with. */
  readonly seconds: () => number;
  readonly senderMs: number;
}

/** What the sender needs. */
export interface SenderOptions {
  readonly scheduler: Scheduler;
  readonly clock: VirtualClock;
  readonly fair: FairClock;
  readonly rng: Rng;
  readonly injectFault: InjectFault;
  readonly tally: Tally;
  readonly ledger: Ledger;
  readonly poster: Poster;
  readonly rotation: Rotation;
  readonly targetFor: (key: string) => Target;
  readonly onAnswer: OnAnswer;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Before each attempt, https://docs.svix.com/retries: 8 attempts over 27 h 35 m 5 s. */
export const SCHEDULE_MS = [0, 5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR] as const;
const JITTER = 0.2;
/** Svix's server waits at least this long after a timeout. */
const AFTER_TIMEOUT_MS = MINUTE;
/** Somebody presses "replay" after the last attempt failed; once, so that what can never work ends. */
const REPLAYS = 1;
const REPLAY_AFTER_MS = HOUR;

const FAULTS = { 'request lost': 0.025, 'answer lost': 0.025, 'sent twice': 0.025, 'sent late': 0.025 };
const LATE_MS = 100;
const ANSWER_LOST_MS = 3;

/** Sends each event as Svix does: until it is answered with 2xx, with a fresh timestamp and signature each time. */
export function createSender(options: SenderOptions): { send: (event: PlannedEvent, at: number) => void } {
  const { scheduler, clock, fair, rng, injectFault, tally, ledger, poster, rotation } = options;

  async function post(record: EventRecord, target: Target, cutAfterMs?: number): Promise<PostResult> {
    const { id, body } = record.event;
    const startedAt = fair.now();
    const headers = signWithAll(rotation.signing(), body, { id, timestamp: Math.floor(target.seconds()) });
    const answer = await poster.post({ url: target.url, headers, body, timeoutMs: target.senderMs, cutAfterMs });
    if (typeof answer === 'number') check(record, answer);
    options.onAnswer(answer, fair.now() - startedAt, target, `webhook ${id}`);
    return answer;
  }

  function check({ event, statuses, messageIds }: EventRecord, status: number): void {
    statuses.add(status);
    if (status !== event.status && status !== 503) {
      ledger.violations.push(`${event.id} (${event.kind}) was answered with ${status}, not ${event.status}`);
    }
    if (status === 204 && event.lines !== undefined && messageIds.length === 0) {
      ledger.violations.push(`${event.id} (${event.kind}) was answered with 204 while Pub/Sub did not hold it`);
    }
  }

  async function attempt(record: EventRecord, number: number): Promise<void> {
    const { event } = record;
    const key = `${event.id}/${record.replays}/${number}`;
    record.attempts += 1;
    tally.step('send');
    const fault = injectFault(`send/${key}`, FAULTS);
    if (fault !== undefined) tally.injected('send', fault, event.id);
    const answers = await deliver(record, key, fault);
    if (answers.some((answer) => typeof answer === 'number' && answer >= 200 && answer < 300)) {
      record.accepted = true;
      return;
    }
    const delay = SCHEDULE_MS[number];
    if (delay !== undefined) {
      const jittered = delay * (1 - JITTER + 2 * JITTER * rng(`jitter/${key}`));
      const wait = answers.includes('timeout') ? Math.max(jittered, AFTER_TIMEOUT_MS) : jittered;
      scheduler.add(clock.now() + wait, () => attempt(record, number + 1));
    } else if (event.status === 204 && record.replays < REPLAYS) {
      record.replays += 1;
      scheduler.add(clock.now() + REPLAY_AFTER_MS, () => attempt(record, 1));
    }
  }

  async function deliver(
    record: EventRecord,
    key: string,
    fault: keyof typeof FAULTS | undefined,
  ): Promise<readonly PostResult[]> {
    const target = options.targetFor(key);
    switch (fault) {
      case 'request lost':
        return ['cut'];
      case 'answer lost':
        return [await post(record, target, rng(`cut/${key}`) * ANSWER_LOST_MS)];
      case 'sent twice':
        return Promise.all([post(record, target), post(record, target)]);
      case 'sent late':
        await new Promise((resolve) => setTimeout(resolve, rng(`late/${key}`) * LATE_MS));
        return [await post(record, target)];
      default:
        return [await post(record, target)];
    }
  }

  return {
    send(event, at) {
      scheduler.add(at + SCHEDULE_MS[0], () => attempt(ledger.plan(event), 1));
    },
  };
}
