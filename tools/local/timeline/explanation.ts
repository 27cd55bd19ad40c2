import type { LeadOutcome } from '../../../functions/incident-lead/outcomes.ts';
import type { IgnoredReason, RefusalReason } from '../../../functions/incident-webhook/outcomes.ts';
import type { RedriveAdvice } from './commands.ts';
import { currentHops, type Hop } from './hop.ts';

/** Why a request was refused and what to do about it, by the hop at which that stops the event. */
const REFUSALS = {
  received: {
    not_found: 'The path is wrong. Post to exactly /webhooks/incident/lead.',
    method: 'Only POST is accepted. Correct the sender.',
    expectation: 'The request has an Expect header that cannot be met. Leave it out.',
    content_encoding: 'The body is compressed. It is never inflated; the sender must leave Content-Encoding out.',
    too_large: 'The body is over 1 MiB. incident.io sends a few kilobytes, so check who sent this.',
    body_timeout: 'The body was not complete within 5 s. The sender or the network is slow; the sender retries.',
    body_aborted: 'The sender closed the connection before the body was complete; it retries.',
  },
  verified: {
    missing_header:
      'One of webhook-id, webhook-timestamp and webhook-signature is missing. This is not incident.io, or a proxy removes headers.',
    repeated_header: 'One of the three headers came twice. A proxy may have added one.',
    bad_id: 'webhook-id has characters, or a length, that no webhook id has.',
    bad_timestamp: 'webhook-timestamp is not a Unix time in seconds.',
    too_many_signatures: 'webhook-signature has over 16 entries; a rotation has 11 at most.',
    no_v1: 'webhook-signature has no v1 entry, the only supported version.',
    timestamp:
      'The signature is over 300 s old, or from the future. A replay, or a clock that is wrong: compare both clocks.',
    not_utf8: 'The body is not UTF-8 text, so no signature can cover it.',
    signature:
      "No signature fits the body and the secret. Either a forgery, or the secrets differ: compare incident.io's with ours.",
    configuration:
      'The function is not configured. Its first ERROR line names what is wrong; correct it, and the sender retries.',
    secret:
      'The signing secret is unavailable in Secret Manager. Check that it exists, has an ENABLED version, and the function may read it.',
  },
  published: {
    not_json: 'The signature is right, but the body is not JSON: incident.io sent it like that.',
    schema:
      'The signature is right, but the body breaks schemas/incident-webhook.schema.json; the line names field and rule. Has incident.io changed its payload?',
    publish: 'Pub/Sub refused the message or could not be reached. The sender retries; check topic and publisher role.',
    publish_timeout: 'Pub/Sub did not confirm the message in time. The sender retries.',
    bug: 'A bug: the line has the stack. The sender retries.',
  },
} satisfies Record<string, Partial<Record<RefusalReason, string>>>;

/** What the end of a hop means: a refusal, an ignored event, a decision of the subscriber, the end of a delivery. */
const MEANINGS: Record<RefusalReason | IgnoredReason | LeadOutcome | 'filtered' | 'dead-lettered', string> = {
  ...REFUSALS.received,
  ...REFUSALS.verified,
  ...REFUSALS.published,
  event_type: 'Another event type than public_incident.incident_updated_v2: acknowledged, and nothing is published.',
  event_version:
    'Another version of public_incident.incident_updated: acknowledged, and nothing is published. Has incident.io moved on?',
  ping: "Svix's test message: acknowledged, and nothing is published.",
  lead_without_role: '{lead} lacks AlanToolsBackendIamManager: this is the line that security engineers read.',
  lead_with_role: '{lead} holds AlanToolsBackendIamManager, so there is nothing to report.',
  skipped_status: 'Leads are not looked up while the incident is in triage or live.',
  no_lead: 'Nobody holds the lead role in this update. The update that names one is judged on its own.',
  no_slack_user: 'The lead has no Slack account in incident.io, so no alaner can be found. Connect it there.',
  unknown_alaner:
    'No alaner has this Slack id. If the lead is one, correct their slack_id in the table behind the view alaner_directory.',
  ambiguous_alaner:
    'Several alaners have this Slack id. Correct the directory; the message is delivered again until its attempts are used up.',
  invalid_message:
    'The message does not follow schemas/incident-event.schema.json. It will be dead-lettered: check who published it.',
  database_unavailable:
    'The alaner directory could not be read; the line names what is wrong. The message is delivered again: up to 30 attempts over 2 h 36 min or more (here 5 in about 40 s), then it goes to the dead-letter subscription.',
  failed: 'A bug: the line has the stack. The message is delivered again.',
  filtered: 'This subscriber asked for other messages. Pub/Sub counts it as delivered; nothing is wrong.',
  'dead-lettered': 'Its deliveries were used up. Repair the cause, then {redrive advice}',
};

/** The hop at which a refusal stops an event. */
export function stopOf(reason = ''): keyof typeof REFUSALS {
  if (Object.hasOwn(REFUSALS.received, reason)) return 'received';
  return Object.hasOwn(REFUSALS.published, reason) ? 'published' : 'verified';
}

/**
 * Why an event ended at this hop, and what to do; undefined where the event goes on.
 * A command in it stands on a line of its own.
 */
export function explain(
  { state, reason = '', name, text, subscription = '' }: Hop,
  redriveAdvice: RedriveAdvice,
): string | undefined {
  if (state === 'done') return undefined;
  // The line of another version gives `event_type` as its reason; only its severity tells them apart.
  const key = reason === 'event_type' && state === 'warning' ? 'event_version' : reason;
  if (Object.hasOwn(MEANINGS, key))
    return MEANINGS[key as keyof typeof MEANINGS]
      .replace('{lead}', () => leadIn(text))
      .replace('{redrive advice}', () => redriveAdvice(subscription));
  if (name === 'delivered')
    return 'The subscriber did not acknowledge it. Pub/Sub delivers it again until its attempts are used up.';
  return undefined;
}

/** What the state of an event means and what to do about it, each sentence once. */
export function conclusions(hops: readonly Hop[], redriveAdvice: RedriveAdvice): string[] {
  const sentences = currentHops(hops)
    .filter(({ state }) => state !== 'skipped')
    .map((hop) => explain(hop, redriveAdvice));
  return [...new Set(sentences.filter((sentence) => sentence !== undefined))];
}

/** Who a line of the subscriber is about; one event may have several leads. */
function leadIn(line: string): string {
  const [, email] = /^(\S+) is now incident lead /.exec(line) ?? [];
  const [, user] = /, ((?:Slack|incident\.io) user \S+)\.$/.exec(line) ?? [];
  return email ?? user ?? 'The lead';
}
