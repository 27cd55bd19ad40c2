import { samplePayload } from '../events/payload.ts';
import { ADA, incidentEvent, pushBody } from '../events/push.ts';
import { newId, sign } from '../events/sign.ts';
import type { Request } from './send.ts';

/** incident.io's own example with all its fields: 3.9 kB, in a status in which the lead is looked at. */
const BODY = samplePayload({});
const FOREIGN_SECRET = `whsec_${'A'.repeat(24)}`;
/** With the role, without it, and unknown. */
const SLACK_IDS = ['U01LEAD', 'U02MANAGER', 'U02AYNF2XJM', 'U0NOBODY'];

/** A signed incident update, with an id of its own. */
export function signedRequest(): Request {
  return { headers: sign(BODY), body: BODY };
}

/** As a signed one, but the key was another: everything up to the signature has to be computed to find out. */
export function forgedRequest(): Request {
  return { headers: sign(BODY, { secret: FOREIGN_SECRET }), body: BODY };
}

let pushes = 0;

/** A push with one lead, whose look-up goes to the database. */
export function pushRequest(): Request {
  pushes += 1;
  const lead = { ...ADA, slackUserId: SLACK_IDS[pushes % SLACK_IDS.length] ?? null };
  const body = pushBody(incidentEvent({ webhookId: newId(), leads: [lead] }), { deliveryAttempt: 1 });
  return { headers: { 'content-type': 'application/json' }, body };
}
