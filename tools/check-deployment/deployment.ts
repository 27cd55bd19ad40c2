import type { Google } from './google.ts';

/** What Terraform deploys, by the names that it gives, and the APIs that tell what became of it. */
export type Deployment = ReturnType<typeof deploymentOf> & {
  readonly google: Google;
  /** How long a log line may take to appear. */
  readonly waitMs: number;
};

/** The names in `terraform/*.tf`, those of secret, topics and subscriptions in full; a test compares them. */
export function deploymentOf(project: string, region: string) {
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
