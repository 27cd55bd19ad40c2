/** What Terraform deploys, by the names that it gives. */
export interface Deployment {
  readonly project: string;
  readonly region: string;
  readonly webhook: string;
  readonly lead: string;
  /** Full name in Secret Manager. */
  readonly secret: string;
  /** Full names in Pub/Sub. */
  readonly topic: string;
  readonly subscription: string;
  readonly deadLetterTopic: string;
  readonly deadLetters: string;
  readonly pushAccount: string;
}

/** The webhook's one path. */
export const WEBHOOK_PATH = '/webhooks/incident/lead';

/** The names in `terraform/*.tf`; a test holds these against them. */
export function deploymentOf(project: string, region: string): Deployment {
  return {
    project,
    region,
    webhook: 'incident-webhook',
    lead: 'incident-lead',
    secret: `projects/${project}/secrets/INCIDENT_WEBHOOK_SECRET`,
    topic: `projects/${project}/topics/incident-events`,
    subscription: `projects/${project}/subscriptions/incident-lead`,
    deadLetterTopic: `projects/${project}/topics/incident-lead-dead-letter`,
    deadLetters: `projects/${project}/subscriptions/incident-lead-dead-letter`,
    pushAccount: `incident-lead-push@${project}.iam.gserviceaccount.com`,
  };
}

/** The last part of a full name. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
