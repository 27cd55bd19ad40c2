import { shellQuote } from '../../terminal/shell.ts';
import type { Hop } from './hop.ts';
import { idOf } from './timeline.ts';

/** How Svix makes webhook ids: what is shorter is the beginning of one. */
const WEBHOOK_ID = /^msg_[A-Za-z0-9]{27,}$/;
const WEBHOOK_PREFIX = /^msg_[A-Za-z0-9_-]*$/;

/**
 * The Cloud Logging filter for everything that both functions logged of a webhook or an incident.
 * @param timelines what the id stands for here, which tells more than its form.
 */
export function loggingFilter(id: string, timelines: readonly Hop[][]): string {
  const services = 'resource.labels.service_name=("incident-webhook" OR "incident-lead")';
  return `resource.type="cloud_run_revision" AND ${services} AND ${idFilter(id, timelines)}`;
}

function idFilter(id: string, timelines: readonly Hop[][]): string {
  const isWebhook = (value: string): string => `jsonPayload.metadata.webhookId=${JSON.stringify(value)}`;
  const isIncident = `jsonPayload.metadata.incidentId=${JSON.stringify(id)}`;
  const known = timelines.map((hops) => idOf(hops, 'webhookId') ?? '');
  if (known.includes(id) || WEBHOOK_ID.test(id)) return isWebhook(id);
  if (timelines.some((hops) => idOf(hops, 'incidentId') === id)) return isIncident;
  if (known.length === 1) return isWebhook(known.join());
  if (known.length === 0 && !WEBHOOK_PREFIX.test(id)) return `(${isWebhook(id)} OR ${isIncident})`;
  return `jsonPayload.metadata.webhookId=~${JSON.stringify(`^${id.replace(/[^A-Za-z0-9_-]/g, '\\$&')}`)}`;
}

/** The command that runs a filter over the last week. */
export function loggingCommand(filter: string, project: string): string {
  const columns = 'timestamp,resource.labels.service_name,severity,jsonPayload.metadata.outcome,jsonPayload.message';
  return `gcloud logging read ${shellQuote(filter)} --project=${shellQuote(project)} --freshness=7d --order=asc --format='table(${columns})'`;
}

/** The command that counts incident-lead's pushes of the last week by what they were answered with. */
export function pushesCommand(project: string): string {
  const metric =
    'pubsub_googleapis_com:subscription_push_request_count{monitored_resource="pubsub_subscription",subscription_id="incident-lead"}';
  const query = `sum by (response_code) (increase(${metric}[7d]))`;
  const url = `https://monitoring.googleapis.com/v1/projects/${project}/location/global/prometheus/api/v1/query`;
  return `curl -sS -H "Authorization: Bearer $(gcloud auth print-access-token)" ${shellQuote(url)} --data-urlencode ${shellQuote(`query=${query}`)}`;
}
