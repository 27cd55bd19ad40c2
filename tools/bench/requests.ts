import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INCIDENT_UPDATED } from '../../functions/incident-webhook/webhook-body.ts';
import { SCHEMA_VERSION } from '../../shared/incident-event.ts';
import { incidentEvent, pushBody } from '../events/push.ts';
import { newId, sign } from '../events/sign.ts';

/** One POST request. */
export interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const EXAMPLES = join(import.meta.dirname, '..', '..', 'schemas', 'examples', 'official-2026-08');
const EXAMPLE = JSON.parse(readFileSync(join(EXAMPLES, `${INCIDENT_UPDATED}.json`), 'utf8'));
EXAMPLE[INCIDENT_UPDATED].incident_status.category = 'learning';
/**
 * incident.io's own example with all its fields, as it is sent: 3.9 kB, in a status in which the
 * lead is looked at.
 */
const BODY = JSON.stringify(EXAMPLE);
/** With the role, without it, and unknown. */
const SLACK_IDS = ['U01LEAD', 'U02MANAGER', 'U02AYNF2XJM', 'U0NOBODY'];

/** A signed incident update, with an id of its own. */
export function signedRequest(): Request {
  return { headers: sign(BODY), body: BODY };
}

/** As a signed one, but the key was another: everything up to the signature has to be computed to find out. */
export function forgedRequest(): Request {
  const timestamp = Math.floor(Date.now() / 1000);
  return { headers: { ...FORGED, 'webhook-id': newId(), 'webhook-timestamp': String(timestamp) }, body: BODY };
}

const FORGED = {
  'content-type': 'application/json',
  'webhook-signature': `v1,${createHmac('sha256', 'another').update(BODY).digest('base64')}`,
};

let pushes = 0;

/** A push with one lead, whose look-up goes to the database. */
export function pushRequest(): Request {
  pushes += 1;
  const webhookId = newId();
  const slackUserId = SLACK_IDS[pushes % SLACK_IDS.length] ?? null;
  const leads = [{ incidentIoUserId: '01FCNDV6P870EA6S7TK1DSYDG0', slackUserId }];
  const body = pushBody(incidentEvent({ webhookId, leads }), {
    attributes: { schemaVersion: SCHEMA_VERSION, webhookId },
    messageId: String(pushes),
    deliveryAttempt: 1,
  });
  return { headers: { 'content-type': 'application/json' }, body };
}
