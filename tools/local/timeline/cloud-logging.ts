import { shellQuote } from '../../terminal/shell.ts';

/** What an id given to `npm run story` stands for. */
export type IdKind = 'webhook' | 'webhook prefix' | 'incident' | 'either';

/** How Svix makes webhook ids: what is shorter is the beginning of one. */
const WEBHOOK_ID = /^msg_[A-Za-z0-9]{27,}$/;
const WEBHOOK_PREFIX = /^msg_[A-Za-z0-9_-]*$/;

/** What an id is by its form alone. */
export function idKindOf(id: string): IdKind {
  if (WEBHOOK_ID.test(id)) return 'webhook';
  return WEBHOOK_PREFIX.test(id) ? 'webhook prefix' : 'either';
}

/** The Cloud Logging filter for everything that both functions logged of a webhook or an incident. */
export function loggingFilter(id: string, kind: IdKind): string {
  const services = 'resource.labels.service_name=("incident-webhook" OR "incident-lead")';
  return `resource.type="cloud_run_revision" AND ${services} AND ${idFilter(id, kind)}`;
}

function idFilter(id: string, kind: IdKind): string {
  const [webhook, incident] = ['jsonPayload.metadata.webhookId', 'jsonPayload.metadata.incidentId'];
  const value = JSON.stringify(id);
  switch (kind) {
    case 'webhook':
      return `${webhook}=${value}`;
    case 'webhook prefix':
      return `${webhook}=~${JSON.stringify(`^${id.replace(/[^A-Za-z0-9_-]/g, '\\$&')}`)}`;
    case 'incident':
      return `${incident}=${value}`;
    case 'either':
      return `(${webhook}=${value} OR ${incident}=${value})`;
  }
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
