import type { RefusalReason as Reason } from '../../../functions/incident-webhook/outcomes.ts';
import type { Hop } from './hop.ts';

/** Why an event stopped, and what to do about it, by a refusal's reason. */
const REFUSALS: Record<Reason, string> = {
  not_found: 'The path is another one. Post to /webhooks/incident/lead, exactly so.',
  method: 'Only POST is taken. Correct the sender.',
  content_encoding: 'The body is compressed. It is never inflated; have the sender leave Content-Encoding out.',
  expectation: 'The request has an Expect header that nobody can meet. Leave it out.',
  too_large: 'The body is over 1 MiB. incident.io sends some kilobytes, so look at who sent this.',
  body_timeout: 'The body was not complete within 5 s. The sender, or the way to here, is slow; it sends again.',
  body_aborted: 'The sender closed the connection before the body was complete; it sends again.',
  missing_header:
    'One of webhook-id, webhook-timestamp and webhook-signature is missing. This is not incident.io, or a proxy removes headers.',
  repeated_header: 'One of the three headers came twice. A proxy may have added one.',
  bad_id: 'webhook-id has characters, or a length, that no webhook id has.',
  bad_timestamp: 'webhook-timestamp is no Unix time in seconds.',
  too_many_signatures: 'webhook-signature has over 16 entries; a rotation has 11 at most.',
  no_v1: 'webhook-signature has no v1 entry, the only kind there is a key for.',
  timestamp:
    'The signature is over 300 s old, or from the future. A replay, or a clock that is wrong: compare both clocks.',
  not_utf8: 'The body is no UTF-8 text, so no signature can be over it.',
  signature:
    "No signature fits the body and the secret. Either a forgery, or the secrets differ: compare incident.io's with ours.",
  configuration:
    'The function is not configured. Its first ERROR line names what is wrong; correct it, the sender sends again.',
  secret:
    'The signing secret cannot be had from Secret Manager. Check that it exists, has an ENABLED version, and the function may read it.',
  not_json: 'The signature is right, but the body is no JSON. incident.io would have to have sent it so.',
  schema:
    'The signature is right, but the body breaks schemas/incident-webhook.schema.json; the line names field and rule. Has incident.io changed its payload?',
  publish: 'Pub/Sub refused or could not be reached. The sender sends again; check topic and publisher role.',
  publish_timeout: 'Pub/Sub did not confirm in time. The sender sends again.',
  bug: 'A bug: the line has the stack. The sender sends again.',
};

/** What a decision of the subscriber, or an ignored event, means. */
const OUTCOMES: Readonly<Record<string, string>> = {
  event_type: 'Another event type than public_incident.incident_updated_v2: acknowledged, and nothing is published.',
  event_version:
    'Another version of public_incident.incident_updated: acknowledged, and nothing is published. Has incident.io moved on?',
  ping: "Svix's test message: acknowledged, and nothing is published.",
  lead_without_role: '{lead} lacks AlanToolsBackendIamManager: this is the line that security engineers read.',
  lead_with_role: '{lead} holds AlanToolsBackendIamManager, so there is nothing to report.',
  skipped_status: 'Leads are not looked at while the incident is in triage or live.',
  no_lead: 'Nobody holds the lead role in this update. The update that names one is judged on its own.',
  no_slack_user: 'The lead has no Slack account in incident.io, so no alaner can be found. Connect it there.',
  unknown_alaner:
    'No alaner has this Slack id. If the lead is one, correct their slack_id in the table behind the view alaner_directory.',
  ambiguous_alaner:
    'Several alaners have this Slack id. Correct the directory, then bring the message back with npm run redrive.',
  invalid_message:
    'The message does not follow schemas/incident-event.schema.json. It is dead-lettered in the end: look at who published it.',
  database_unavailable:
    'The alaner directory could not be read; the line names what is wrong. The message is delivered again: up to 30 attempts over 2 h 36 min or more (here 5 in about 40 s), then it goes to the dead-letter subscription; npm run redrive moves it back.',
  failed: 'A bug: the line has the stack. The message is delivered again.',
  'dead-lettered': 'Its deliveries were used up. Repair the cause, then bring the message back with npm run redrive.',
};

/** Why an event ended at this hop, and what to do; undefined where the hop is no end. */
export function explain({ state, reason = '', name, text }: Hop): string | undefined {
  if (state === 'done') return undefined;
  const known = REFUSALS[reason as Reason] ?? OUTCOMES[reason];
  if (known !== undefined) return known.replace('{lead}', () => leadIn(text));
  if (name === 'delivered') return 'The subscriber did not acknowledge. Pub/Sub delivers it again after a pause.';
  return undefined;
}

/** Who a line of the subscriber is about; one event may have several leads. */
function leadIn(line: string): string {
  const [, email] = /^(\S+) is now incident lead /.exec(line) ?? [];
  const [, user] = /, ((?:Slack|incident\.io) user \S+)\.$/.exec(line) ?? [];
  return email ?? user ?? 'The lead';
}
