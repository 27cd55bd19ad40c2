import { type Deployment, shortName } from '../deployment.ts';
import { CheckFailed, type Passed } from '../report.ts';
import type { DeployedFunction } from './functions.ts';

interface Subscription {
  readonly topic?: string;
  readonly ackDeadlineSeconds?: number;
  readonly expirationPolicy?: { readonly ttl?: string };
  readonly pushConfig?: {
    readonly pushEndpoint?: string;
    readonly oidcToken?: { readonly audience?: string; readonly serviceAccountEmail?: string };
  };
  readonly deadLetterPolicy?: { readonly deadLetterTopic?: string; readonly maxDeliveryAttempts?: number };
}

interface Policy {
  readonly bindings?: readonly { readonly role: string; readonly members?: readonly string[] }[];
}

interface TimeSeries {
  readonly timeSeries?: readonly { readonly points: readonly { readonly value: { readonly int64Value: string } }[] }[];
}

const API = 'pubsub.googleapis.com/v1';
const AGENT = /^serviceAccount:service-\d+@gcp-sa-pubsub\.iam\.gserviceaccount\.com$/;
/** Pub/Sub writes its metrics every minute, and they can be read up to 4 minutes later. */
const METRIC_RANGE_MS = 15 * 60_000;

/** That the topic is there. Returns its subscriptions. */
export async function checkTopic({ google, topic }: Deployment): Promise<Passed<readonly string[]>> {
  const { subscriptions = [] } = await google<{ subscriptions?: string[] }>(`${API}/${topic}/subscriptions`);
  return {
    says: `${shortName(topic)}, read by ${subscriptions.map(shortName).join(', ') || 'nobody'}`,
    value: subscriptions,
  };
}

/** That the subscription pushes to incident-lead, as the account that may call it. */
export async function checkPush(deployment: Deployment, lead: DeployedFunction): Promise<Passed> {
  const { google, subscription, topic, pushAccount } = deployment;
  const found = await google<Subscription>(`${API}/${subscription}`);
  const { pushConfig: { pushEndpoint, oidcToken } = {}, ackDeadlineSeconds = 10 } = found;
  expectAll({
    topic: [found.topic, topic],
    'push address': [pushEndpoint, lead.url],
    audience: [oidcToken?.audience, lead.url],
    'push account': [oidcToken?.serviceAccountEmail, pushAccount],
    'time to live': [found.expirationPolicy?.ttl, undefined],
  });
  if (ackDeadlineSeconds <= lead.timeoutSeconds) {
    throw new CheckFailed(
      `the ack deadline of ${ackDeadlineSeconds} s is not above the function's ${lead.timeoutSeconds} s`,
      'terraform apply restores both.',
    );
  }
  return { says: `to ${pushEndpoint} as ${pushAccount}, ack deadline ${ackDeadlineSeconds} s` };
}

/** That what cannot be delivered is kept: topic, subscription and the agent's two roles. */
export async function checkDeadLetterPolicy(deployment: Deployment): Promise<Passed> {
  const { google, deadLetterTopic, deadLetters, subscription } = deployment;
  const [source, kept, sourceRoles, topicRoles] = await Promise.all([
    google<Subscription>(`${API}/${subscription}`),
    google<Subscription>(`${API}/${deadLetters}`),
    google<Policy>(`${API}/${subscription}:getIamPolicy`),
    google<Policy>(`${API}/${deadLetterTopic}:getIamPolicy`),
  ]);
  expectAll({
    'dead-letter topic': [source.deadLetterPolicy?.deadLetterTopic, deadLetterTopic],
    'topic of the dead letters': [kept.topic, deadLetterTopic],
    'time to live of the dead letters': [kept.expirationPolicy?.ttl, undefined],
    'subscriber role of the Pub/Sub agent': [agentHas(sourceRoles, 'roles/pubsub.subscriber'), true],
    'publisher role of the Pub/Sub agent': [agentHas(topicRoles, 'roles/pubsub.publisher'), true],
  });
  return { says: `${shortName(deadLetters)}, after ${source.deadLetterPolicy?.maxDeliveryAttempts} deliveries` };
}

/**
 * How many dead letters wait, by the newest figure of Cloud Monitoring. Does not fail: they may be
 * older than the deployment.
 */
export async function checkDeadLetters(deployment: Deployment): Promise<Passed> {
  const { google, project, topic } = deployment;
  const deadLetters = shortName(deployment.deadLetters);
  const now = Date.now();
  const query = new URLSearchParams({
    filter: `metric.type="pubsub.googleapis.com/subscription/num_undelivered_messages" AND resource.labels.subscription_id="${deadLetters}"`,
    'interval.startTime': new Date(now - METRIC_RANGE_MS).toISOString(),
    'interval.endTime': new Date(now).toISOString(),
  });
  const { timeSeries } = await google<TimeSeries>(
    `monitoring.googleapis.com/v3/projects/${project}/timeSeries?${query}`,
  );
  const waiting = timeSeries?.[0]?.points[0]?.value.int64Value;
  if (waiting === undefined) return { says: `no figure of ${deadLetters} yet, as after its making` };
  const warning = `Find the cause, then look: npm run redrive -- --project ${project} --subscription ${deadLetters} --topic ${shortName(topic)} --dry-run`;
  return { says: `${waiting} wait on ${deadLetters}`, warning: Number(waiting) > 0 ? warning : undefined };
}

function agentHas({ bindings = [] }: Policy, role: string): boolean {
  return bindings.some((binding) => binding.role === role && binding.members?.some((member) => AGENT.test(member)));
}

function expectAll(values: Readonly<Record<string, readonly [found: unknown, expected: unknown]>>): void {
  const wrong = Object.entries(values).filter(([, [found, expected]]) => found !== expected);
  if (wrong.length === 0) return;
  throw new CheckFailed(
    wrong.map(([name, [found, expected]]) => `${name}: ${found ?? 'none'}, expected ${expected ?? 'none'}`).join('; '),
    'terraform apply restores it.',
  );
}
