import type { RefusalReason as Reason } from '../../../functions/incident-webhook/outcomes.ts';
import { PATH } from '../../../functions/incident-webhook/route.ts';
import type { DemoMessage } from '../system/demo-subscriber.ts';
import type { Delivery, EventLogEntry, FunctionLine } from './event-log.ts';

/** The hops of an event's way, in their order; `notice` is what belongs to no event. */
export const HOP_NAMES = ['received', 'verified', 'published', 'delivered', 'decided', 'notice'] as const;
export type HopName = (typeof HOP_NAMES)[number];

/**
 * How a hop went: `done` and on to the next; `ended` as it should, with nothing more to come; `warning`: ended, but
 * somebody should look at it; `stopped` by a fault; `alert`: the line that the whole system is for.
 */
export type State = 'done' | 'ended' | 'warning' | 'stopped' | 'alert';

/** One hop of one event. */
export interface Hop {
  /** RFC 3339. */
  readonly at: string;
  readonly webhookId: string | undefined;
  readonly incidentId: string | undefined;
  readonly name: HopName;
  readonly state: State;
  readonly text: string;
  /** A refusal's reason, or an outcome of the subscriber. */
  readonly reason: string | undefined;
}

/** At which hop a refusal stops an event. */
const STOPS_AT: Record<Reason, HopName> = {
  not_found: 'received',
  method: 'received',
  content_encoding: 'received',
  expectation: 'received',
  too_large: 'received',
  body_timeout: 'received',
  body_aborted: 'received',
  missing_header: 'verified',
  repeated_header: 'verified',
  bad_id: 'verified',
  bad_timestamp: 'verified',
  too_many_signatures: 'verified',
  no_v1: 'verified',
  timestamp: 'verified',
  not_utf8: 'verified',
  signature: 'verified',
  configuration: 'verified',
  secret: 'verified',
  not_json: 'published',
  schema: 'published',
  publish: 'published',
  publish_timeout: 'published',
  bug: 'published',
};

const DECIDED: Readonly<Record<string, State>> = {
  lead_without_role: 'alert',
  lead_with_role: 'ended',
  skipped_status: 'ended',
  no_lead: 'ended',
  no_slack_user: 'warning',
  unknown_alaner: 'warning',
};

/** The hops that an entry tells of. */
export function toHops(entry: EventLogEntry): Hop[] {
  if ('line' in entry) {
    const { outcome } = entry.line.metadata ?? {};
    if (outcome === undefined || entry.line.metadata?.status === undefined)
      return [notice(entry.at, entry.source, entry.line.message, entry.line.severity)];
    return entry.source === 'incident-webhook' ? webhookHops(entry.at, entry.line) : [decision(entry.at, entry.line)];
  }
  if ('delivery' in entry) return [deliveryHop(entry.at, entry.delivery)];
  if ('message' in entry) return [demoHop(entry.at, entry.message)];
  return [notice(entry.at, entry.source, entry.text, 'WARNING')];
}

function webhookHops(at: string, { severity, message, metadata = {} }: FunctionLine): Hop[] {
  const { outcome, reason, status, webhookId, incidentId } = metadata;
  const hop = (name: HopName, state: State, text: string): Hop => ({
    at,
    webhookId,
    incidentId,
    name,
    state,
    text,
    reason,
  });
  const received = hop('received', 'done', `POST ${PATH}`);
  const verified = hop('verified', 'done', 'signature and age are right');
  if (outcome === 'published') return [received, verified, hop('published', 'done', message)];
  if (outcome === 'ignored')
    return [received, verified, hop('published', severity === 'WARNING' ? 'warning' : 'ended', message)];
  const stopsAt = STOPS_AT[reason as Reason] ?? 'verified';
  const before = stopsAt === 'received' ? [] : stopsAt === 'verified' ? [received] : [received, verified];
  return [...before, hop(stopsAt, 'stopped', `${status} ${message}`)];
}

function deliveryHop(at: string, delivery: Delivery): Hop {
  const { type, subscription, webhookId, incidentId, attempt, acknowledged, answer } = delivery;
  const base = { at, webhookId, incidentId, name: 'delivered' as const, reason: String(answer) };
  if (type === 'deadLettered') {
    return {
      ...base,
      state: 'stopped',
      text: `${subscription}: given up after ${attempt} attempts, kept in ${subscription}-dead-letter`,
    };
  }
  const next = acknowledged ? '' : '; delivered again after a pause of 10 to 600 s';
  return {
    ...base,
    state: acknowledged ? 'done' : 'stopped',
    text: `${deliveryText(subscription, answer)}, attempt ${attempt}${next}`,
  };
}

/** @param answer a status of a push, what a puller did, or the code of a network error. */
function deliveryText(subscription: string, answer: number | string): string {
  if (typeof answer === 'number') return `${subscription} answered ${answer}`;
  if (answer === 'acknowledged' || answer === 'refused') return `${answer} by ${subscription}`;
  if (answer === 'deadline exceeded') return `not acknowledged in time by ${subscription}`;
  return `${subscription} could not be reached (${answer})`;
}

function demoHop(at: string, { attributes, data }: DemoMessage): Hop {
  const { webhookId, incidentId } = attributes;
  const text = `demo-subscriber got ${JSON.stringify(data)}`;
  return { at, webhookId, incidentId, name: 'delivered', state: 'done', text, reason: undefined };
}

function decision(at: string, { message, metadata = {} }: FunctionLine): Hop {
  const { outcome = '', webhookId, incidentId } = metadata;
  const state = DECIDED[outcome] ?? 'stopped';
  return { at, webhookId, incidentId, name: 'decided', state, text: message, reason: outcome };
}

function notice(at: string, source: string, text: string, severity: string): Hop {
  const state = severity === 'ERROR' || severity === 'WARNING' ? 'stopped' : 'ended';
  return {
    at,
    webhookId: undefined,
    incidentId: undefined,
    name: 'notice',
    state,
    text: `${source}: ${text}`,
    reason: undefined,
  };
}
