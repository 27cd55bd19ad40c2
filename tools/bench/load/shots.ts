import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCHEMA_VERSION } from '../../../shared/incident-event.ts';
import { incidentEvent, pushBody } from '../../events/push.ts';
import { newId, SECRET, sign } from '../../events/sign.ts';
import type { Shot } from './open-loop.ts';

const UPDATED = 'public_incident.incident_updated_v2';
const EXAMPLE = readFileSync(
  join(import.meta.dirname, '..', '..', '..', 'schemas', 'examples', 'official-2026-08', `${UPDATED}.json`),
  'utf8',
);
/** incident.io's own example, in a status in which the lead is looked at. */
const BODY = EXAMPLE.replace('"category": "triage"', '"category": "learning"');
const SLACK_IDS = ['U01LEAD', 'U02MANAGER', 'U02AYNF2XJM', 'U0NOBODY'];

/** A signed incident update, each with an id of its own. */
export function signedShot(): Shot {
  return { headers: sign(BODY, { secret: SECRET }), body: BODY };
}

/** As a signed one, but the key was another: everything up to the signature has to be computed to find out. */
export function forgedShot(): Shot {
  const timestamp = Math.floor(Date.now() / 1000);
  return { headers: { ...FORGED, 'webhook-id': newId(), 'webhook-timestamp': String(timestamp) }, body: BODY };
}

const FORGED = {
  'content-type': 'application/json',
  'webhook-signature': `v1,${createHmac('sha256', 'another').update(BODY).digest('base64')}`,
};

/** A push with one lead, whose look-up goes to the database. */
export function pushShot(number: number): Shot {
  const webhookId = newId();
  const slackUserId = SLACK_IDS[number % SLACK_IDS.length] ?? null;
  const leads = [{ incidentIoUserId: '01FCNDV6P870EA6S7TK1DSYDG0', slackUserId }];
  const body = pushBody(incidentEvent({ webhookId, leads }), {
    attributes: { schemaVersion: SCHEMA_VERSION, webhookId },
    messageId: String(number + 1),
    deliveryAttempt: 1,
  });
  return { headers: { 'content-type': 'application/json' }, body };
}
