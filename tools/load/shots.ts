import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId, SECRET, sign } from '../../test/support/sign.ts';
import type { Shot } from './open-loop.ts';

const UPDATED = 'public_incident.incident_updated_v2';
const EXAMPLE = readFileSync(
  join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'payloads', 'official-2026-08', `${UPDATED}.json`),
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
  const data = {
    webhookId,
    eventType: UPDATED,
    receivedAt: new Date().toISOString(),
    principal: 'incidentio-webhook@alan-eu-tools.iam.gserviceaccount.com',
    incident: {
      id: '01FDAG4SAP5TYPT98WGR2N7W91',
      reference: 'INC-123',
      status: 'learning',
      mode: 'standard',
      permalink: 'https://app.incident.io/incidents/123',
      updatedAt: '2021-08-17T13:28:57.801578Z',
    },
    leads: [{ incidentIoUserId: '01FCNDV6P870EA6S7TK1DSYDG0', slackUserId: SLACK_IDS[number % SLACK_IDS.length] }],
  };
  const message = {
    data: Buffer.from(JSON.stringify(data)).toString('base64'),
    attributes: { schemaVersion: '1', webhookId },
    messageId: String(number + 1),
    publishTime: new Date().toISOString(),
  };
  const envelope = { message, subscription: 'projects/p/subscriptions/incident-lead', deliveryAttempt: 1 };
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(envelope) };
}
