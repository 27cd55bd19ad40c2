import type { RefusalReason } from '../../../functions/incident-webhook/outcomes.ts';
import { PATH } from '../../../functions/incident-webhook/route.ts';
import { escapeControls } from '../../../shared/escape-controls.ts';
import { deliveryHops, demoHop } from './delivery-hops.ts';
import type { EventLogEntry, FunctionLine } from './event-log.ts';
import type { Hop, HopName, RawHop, State } from './hop.ts';
import { PublishedMessages } from './published-messages.ts';

/** Reads entries in their order; returns the hops that each one tells of. */
export type HopReader = (entry: EventLogEntry) => Hop[];

/** The event of what belongs to none. */
export const NOTICES = 'Notices';

/** At which hop a refusal stops an event. */
const STOPS_AT: Record<RefusalReason, HopName> = {
  not_found: 'received',
  method: 'received',
  expectation: 'received',
  content_encoding: 'received',
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

/** Every other outcome of the subscriber stops the event. */
const DECIDED: Readonly<Record<string, State>> = {
  lead_without_role: 'alert',
  lead_with_role: 'ended',
  skipped_status: 'ended',
  no_lead: 'ended',
  no_slack_user: 'warning',
  unknown_alaner: 'warning',
};

/** A reader of one event log, from its beginning: some hops are put together from several entries. */
export function createHopReader(): HopReader {
  const published = new PublishedMessages();
  let anonymous = 0;
  const eventOf = ({ name, webhookId, delivery }: RawHop): string => {
    if (name === 'notice') return NOTICES;
    const [messageId = ''] = delivery?.split('/') ?? [];
    const known = webhookId ?? published.webhookIdOf(messageId);
    if (known !== undefined) return known;
    if (messageId !== '') return `Message ${messageId}, without a webhook id`;
    anonymous += 1;
    return `Request ${anonymous}, without a usable webhook id`;
  };
  return (entry) => {
    const hops = rawHops(entry, published);
    const event = hops[0] && escapeControls(eventOf(hops[0]));
    return hops.map((hop) => escaped(hop, event ?? ''));
  };
}

/** The texts of parts, payloads and servers come from outside. */
function escaped(hop: RawHop, event: string): Hop {
  const clean = (text: string | undefined): string | undefined => text && escapeControls(String(text));
  const { at, untimed, name, state, text, webhookId, incidentId, reason, subscription, delivery } = hop;
  return {
    at,
    ...(untimed && { untimed }),
    event,
    webhookId: clean(webhookId),
    incidentId: clean(incidentId),
    name,
    state,
    text: escapeControls(text),
    reason: clean(reason),
    subscription: clean(subscription),
    delivery: clean(delivery),
  };
}

function rawHops(entry: EventLogEntry, published: PublishedMessages): RawHop[] {
  if ('published' in entry) return published.take(entry.published);
  if ('delivery' in entry) return deliveryHops(entry.at, entry.delivery);
  if ('message' in entry) return [demoHop(entry.at, entry.message)];
  if ('text' in entry) return [notice(entry.at, entry.source, entry.text, 'WARNING')];
  const { source, line } = entry;
  if (line.metadata?.outcome === undefined || line.metadata.status === undefined)
    return [notice(entry.at, source, line.message, line.severity)];
  if (source === 'incident-lead') return [decision(entry.at, line)];
  return webhookHops(entry.at, line, published.takeTime(line.metadata.webhookId));
}

/**
 * The hops of one request. Its line is written when it is answered, and says how long that took.
 * @param publishedAt when the emulator accepted the message; another Pub/Sub does not tell.
 */
function webhookHops(at: string, line: FunctionLine, publishedAt: string | undefined): RawHop[] {
  const { severity, message, timestamp, metadata = {} } = line;
  const { outcome, reason, status, webhookId, incidentId, durationMs = 0 } = metadata;
  const answered = timestamp === undefined ? Date.parse(at) : timestamp.seconds * 1000 + timestamp.nanos / 1_000_000;
  const began = toTime(answered - durationMs);
  const hop = (name: HopName, state: State, text: string, time: string): RawHop => ({
    at: time,
    webhookId,
    incidentId,
    name,
    state,
    text,
    reason,
  });
  const received = hop('received', 'done', `POST ${PATH}`, began);
  const verified: RawHop = { ...hop('verified', 'done', 'signature and age are right', began), untimed: true };
  const end = toTime(answered);
  if (outcome === 'published') return [received, verified, hop('published', 'done', message, publishedAt ?? end)];
  if (outcome === 'ignored')
    return [received, verified, hop('published', severity === 'WARNING' ? 'warning' : 'ended', message, end)];
  const stopsAt = STOPS_AT[reason as RefusalReason] ?? 'verified';
  const text = `${status} ${message}`;
  if (stopsAt === 'received') return [hop(stopsAt, 'stopped', `${text} (answered after ${durationMs} ms)`, began)];
  const before = stopsAt === 'verified' ? [received] : [received, verified];
  return [...before, hop(stopsAt, 'stopped', text, end)];
}

function decision(at: string, { message, metadata = {} }: FunctionLine): RawHop {
  const { outcome = '', webhookId, incidentId, messageId, deliveryAttempt } = metadata;
  return {
    at,
    webhookId,
    incidentId,
    name: 'decided',
    state: DECIDED[outcome] ?? 'stopped',
    text: message,
    reason: outcome,
    subscription: 'incident-lead',
    delivery: messageId && `${messageId}/${deliveryAttempt ?? 1}`,
  };
}

function notice(at: string, source: string, text: string, severity: string): RawHop {
  const state = severity === 'ERROR' || severity === 'WARNING' ? 'stopped' : 'ended';
  return { at, name: 'notice', state, text: `${source}: ${text}` };
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
