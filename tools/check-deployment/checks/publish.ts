import { setTimeout as sleep } from 'node:timers/promises';
import { insertIdOf } from '../../../functions/incident-lead/outcomes.ts';
import { type IncidentEvent, PRINCIPAL, SCHEMA_VERSION } from '../../../shared/incident-event.ts';
import { newWebhookId } from '../../events/signed-request.ts';
import { type Deployment, shortName } from '../deployment.ts';
import type { Google } from '../google.ts';
import { CheckFailed, type Passed } from '../report.ts';
import { FILTERS, findEntries, waitFor } from './log-lines.ts';

/** A marked event: nobody takes its incident for a real one. */
export function markedEvent(slackUserId: string): IncidentEvent {
  const at = new Date().toISOString();
  return {
    webhookId: newWebhookId(),
    eventType: 'public_incident.incident_updated_v2',
    receivedAt: at,
    principal: PRINCIPAL,
    incident: {
      id: `check-deployment-${at.replace(/[^0-9]/g, '')}`,
      reference: 'CHECK-DEPLOYMENT',
      status: 'learning',
      mode: 'test',
      permalink: null,
      updatedAt: at,
    },
    leads: [{ incidentIoUserId: 'check-deployment', slackUserId }],
  };
}

/** What publishing it does, to be read before it is done. */
export function consequences(event: IncidentEvent, subscriptions: readonly string[]): string {
  return [
    `Publishes one event twice, as a redelivery would: incident ${event.incident.id}, status ${event.incident.status}, lead ${event.leads[0]?.slackUserId}.`,
    `Every subscriber gets both: ${subscriptions.map(shortName).join(', ') || 'there is none'}.`,
    'incident-lead writes the line that names this lead, for that incident id; whoever watches these lines will see it.',
  ].join('\n');
}

/**
 * Publishes the event twice and waits until incident-lead has taken both deliveries and Cloud
 * Logging shows the line. That it shows one is up to insertId and timestamp, which no test outside
 * Google Cloud can show.
 */
export async function checkOneLine(
  google: Google,
  deployment: Deployment,
  event: IncidentEvent,
  waitMs: number,
): Promise<Passed<void>> {
  const startedAt = new Date().toISOString();
  const message = {
    data: Buffer.from(JSON.stringify(event)).toString('base64'),
    attributes: {
      schemaVersion: SCHEMA_VERSION,
      webhookId: event.webhookId,
      eventType: event.eventType,
      incidentId: event.incident.id,
      incidentStatus: event.incident.status ?? '',
    },
  };
  await google.call(`pubsub.googleapis.com/v1/${deployment.topic}:publish`, { messages: [message, message] });

  const shown = () =>
    findEntries(
      google,
      deployment,
      `${FILTERS['lead_without_role']} AND jsonPayload.metadata.incidentId="${event.incident.id}"`,
    );
  const answered = () =>
    findEntries(
      google,
      deployment,
      `resource.type="cloud_run_revision" AND resource.labels.service_name="${deployment.lead}" AND logName="projects/${deployment.project}/logs/run.googleapis.com%2Frequests" AND httpRequest.status=204 AND timestamp>="${startedAt}"`,
    );
  const first = await waitFor(waitMs, shown, ({ length }) => length > 0);
  if (first.length === 0) {
    throw new CheckFailed(
      `no line within ${waitMs / 1000} s`,
      `Is the lead an alaner without the role? See what became of it: gcloud logging read 'jsonPayload.metadata.incidentId="${event.incident.id}"' --project=${deployment.project} --freshness=1h`,
    );
  }
  const deliveries = await waitFor(waitMs, answered, ({ length }) => length >= 2);
  if (deliveries.length < 2) {
    throw new CheckFailed(
      `only ${deliveries.length} of 2 deliveries were answered within ${waitMs / 1000} s`,
      'Run it again.',
    );
  }
  // The second line takes as long to appear as the first.
  await sleep(waitMs / 4);
  const lines = await shown();
  const expected = insertIdOf(event.webhookId, event.leads[0] ?? { incidentIoUserId: null, slackUserId: null });
  if (lines.length !== 1 || lines[0]?.insertId !== expected) {
    throw new CheckFailed(
      `${lines.length} lines for one event, with insertId ${lines.map(({ insertId }) => insertId).join(', ')}; expected one with ${expected}`,
      'Redelivered messages would be shown again: see how the line was lifted with --format=json.',
    );
  }
  return { says: `two deliveries, one line, insertId ${expected}`, value: undefined };
}
