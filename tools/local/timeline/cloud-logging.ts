/** The project that the functions are deployed to, unless somebody says otherwise. */
export const PROJECT = 'alan-eu-tools';
/** A webhook id, unless an incident happened to have such a name. */
const WEBHOOK_ID = /^msg_/;

/** The Cloud Logging query for everything that both functions logged of a webhook or an incident. */
export function loggingQuery(id: string): string {
  const field = WEBHOOK_ID.test(id) ? 'webhookId' : 'incidentId';
  return [
    'resource.type="cloud_run_revision"',
    'resource.labels.service_name=("incident-webhook" OR "incident-lead")',
    `jsonPayload.metadata.${field}=${JSON.stringify(id)}`,
  ].join('\n');
}

/** The command that runs the query over the last week. */
export function loggingCommand(id: string, project: string): string {
  const query = loggingQuery(id).replaceAll('\n', ' AND ').replaceAll("'", `'\\''`);
  const columns = 'timestamp,resource.labels.service_name,severity,jsonPayload.metadata.outcome,jsonPayload.message';
  return `gcloud logging read '${query}' --project=${project} --freshness=7d --order=asc --format='table(${columns})'`;
}
