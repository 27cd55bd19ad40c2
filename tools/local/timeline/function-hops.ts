import { type LeadOutcome, OUTCOMES } from '../../../functions/incident-lead/outcomes.ts';
import { PATH } from '../../../functions/incident-webhook/route.ts';
import { stopOf } from './explanation.ts';
import type { HopName, RawHop, State } from './hop.ts';

/** The two functions. */
export type FunctionName = 'incident-webhook' | 'incident-lead';

/**
 * A log line of a function, as far as it is read here: `shared/log.ts` writes it, and
 * docs/events.md names the outcomes of incident-lead.
 */
export interface FunctionLine {
  readonly severity: string;
  readonly message: string;
  readonly timestamp?: { readonly seconds: number; readonly nanos: number };
  readonly metadata?: Readonly<
    Partial<Record<'outcome' | 'reason' | 'webhookId' | 'incidentId' | 'messageId', string>> &
      Partial<Record<'status' | 'deliveryAttempt' | 'durationMs', number>>
  >;
}

/** How a decision went, by the level of its line. */
const DECIDED = { debug: 'ended', info: 'alert', warn: 'warning', error: 'stopped' } as const;

/** A function's line of output as a log line; undefined where it is something else, such as a crash. */
export function parseLine(output: string): FunctionLine | undefined {
  try {
    const line = JSON.parse(output) as Partial<FunctionLine> | null;
    return line?.severity === undefined ? undefined : (line as FunctionLine);
  } catch {
    return undefined;
  }
}

/**
 * The hops of one request to the webhook. Its line is written when it is answered, and says how long that took.
 * @param publishedAt when the emulator accepted the message; another Pub/Sub does not tell.
 */
export function webhookHops(
  { severity, message, timestamp, metadata = {} }: FunctionLine,
  now: Date,
  publishedAt?: Date,
) {
  const { outcome, reason, status, webhookId, incidentId, durationMs = 0 } = metadata;
  const answered = timestamp === undefined ? now : new Date(timestamp.seconds * 1000 + timestamp.nanos / 1_000_000);
  const began = new Date(answered.getTime() - durationMs);
  const hop = (name: HopName, state: State, text: string, at = answered): RawHop => {
    return { at: at.toISOString(), webhookId, incidentId, name, state, text, reason };
  };
  const received = hop('received', 'done', `POST ${PATH}`, began);
  const verified: RawHop = { ...hop('verified', 'done', 'signature and age are right', began), untimed: true };
  if (outcome === 'published') return [received, verified, hop('published', 'done', message, publishedAt)];
  if (outcome === 'ignored')
    return [received, verified, hop('published', severity === 'WARNING' ? 'warning' : 'ended', message)];
  const text = `${status} ${message}`;
  const stopsAt = stopOf(reason);
  if (stopsAt === 'received') return [hop(stopsAt, 'stopped', `${text} (answered after ${durationMs} ms)`, began)];
  return [received, ...(stopsAt === 'published' ? [verified] : []), hop(stopsAt, 'stopped', text)];
}

/** The hop of a line of the subscriber. */
export function decision({ message, metadata = {} }: FunctionLine, now: Date): RawHop {
  const { outcome = '', webhookId, incidentId, messageId, deliveryAttempt = 1 } = metadata;
  return {
    at: now.toISOString(),
    webhookId,
    incidentId,
    name: 'decided',
    state: DECIDED[OUTCOMES[outcome as LeadOutcome]?.level ?? 'error'],
    text: message,
    reason: outcome,
    subscription: 'incident-lead',
    delivery: messageId && `${messageId}/${deliveryAttempt}`,
  };
}
