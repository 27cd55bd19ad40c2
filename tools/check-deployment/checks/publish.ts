import { basename } from 'node:path/posix';
import { setTimeout as sleep } from 'node:timers/promises';
import { insertIdOf } from '../../../functions/incident-lead/outcomes.ts';
import { toMessage } from '../../../functions/incident-webhook/publish.ts';
import type { Lead } from '../../../shared/incident-event.ts';
import { incidentEvent } from '../../events/push.ts';
import { newId } from '../../events/sign.ts';
import type { Deployment } from '../deployment.ts';
import { ensure, type Passed } from '../report.ts';
import { awaitEntries, FILTERS, findEntries, logOf } from './log-lines.ts';

type MarkedEvent = ReturnType<typeof markedEvent>;

/**
 * An event that nobody takes for a real one.
 * @param slackUserId of its lead.
 */
export function markedEvent(slackUserId: string) {
  const receivedAt = new Date().toISOString();
  const incidentId = `check-deployment-${receivedAt.replace(/[^0-9]/g, '')}`;
  const event = incidentEvent({ webhookId: newId(), incidentId, receivedAt, updatedAt: receivedAt });
  const lead: Lead = { incidentIoUserId: 'check-deployment', slackUserId };
  const marks = { reference: 'CHECK-DEPLOYMENT', mode: 'test', permalink: null };
  return { ...event, incident: { ...event.incident, ...marks }, leads: [lead] as const };
}

/** What publishing it does, to be read before it is done. */
export function consequences({ incident, leads: [lead] }: MarkedEvent, subscriptions: readonly string[]): string {
  return [
    `Publishes one event twice, as a redelivery would: incident ${incident.id}, status ${incident.status}, lead ${lead.slackUserId}.`,
    `Every subscriber gets both: ${subscriptions.map((name) => basename(name)).join(', ') || 'there is none'}.`,
    'incident-lead writes the line that names this lead, for that incident id; whoever watches these lines will see it.',
  ].join('\n');
}

/**
 * Publishes the event twice and waits until incident-lead has taken both deliveries and Cloud
 * Logging shows the line. That it shows one is up to insertId and timestamp, which no test outside
 * Google Cloud can show.
 */
export async function checkOneLine(deployment: Deployment, event: MarkedEvent): Promise<Passed> {
  const { google, project, topic, lead, waitMs } = deployment;
  const startedAt = new Date().toISOString();
  const { data, attributes } = toMessage(event, undefined);
  const message = { data: data.toString('base64'), attributes };
  await google(`pubsub.googleapis.com/v1/${topic}:publish`, { messages: [message, message] });

  const marked = `jsonPayload.metadata.incidentId="${event.incident.id}"`;
  const shown = `${FILTERS['lead_without_role']} AND ${marked}`;
  ensure(
    (await awaitEntries(deployment, shown, 1)).length > 0,
    `no line within ${waitMs / 1000} s`,
    `Is the lead an alaner without the role? See what became of it: gcloud logging read '${marked}' --project=${project} --freshness=1h`,
  );
  const answered = `${logOf(deployment, lead, 'requests')} AND httpRequest.status=204 AND timestamp>="${startedAt}"`;
  const { length: deliveries } = await awaitEntries(deployment, answered, 2);
  ensure(
    deliveries >= 2,
    `only ${deliveries} of 2 deliveries were answered within ${waitMs / 1000} s`,
    'Run it again.',
  );
  // The second line takes as long to appear as the first.
  await sleep(waitMs / 4);
  const insertIds = (await findEntries(deployment, shown)).map(({ insertId }) => insertId);
  const expected = insertIdOf(event.webhookId, event.leads[0]);
  ensure(
    insertIds.length === 1 && insertIds[0] === expected,
    `${insertIds.length} lines for one event, with insertId ${insertIds.join(', ')}; expected one with ${expected}`,
    'Redelivered messages would be shown again: see how the line was lifted with --format=json.',
  );
  return { says: `two deliveries, one line, insertId ${expected}` };
}
