import { basename } from 'node:path/posix';
import type { protos } from '@google-cloud/pubsub';
import type { Deployment } from '../deployment.ts';
import { ensure, type Passed } from '../report.ts';
import type { DeployedFunction } from './functions.ts';

/** As gRPC has it, except that REST writes durations as text. */
type Subscription = protos.google.pubsub.v1.ISubscription;

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
export async function checkTopic({ google, topic }: Deployment) {
  const { subscriptions: value = [] } = await google<{ subscriptions?: string[] }>(`${API}/${topic}/subscriptions`);
  return { says: `${basename(topic)}, read by ${value.map((name) => basename(name)).join(', ') || 'nobody'}`, value };
}

/** That the subscription pushes to incident-lead, as the account that may call it. */
export async function checkPush(deployment: Deployment, lead: DeployedFunction): Promise<Passed> {
  const { google, subscription, topic, pushAccount } = deployment;
  const found = await google<Subscription>(`${API}/${subscription}`);
  const { pushEndpoint, oidcToken } = found.pushConfig ?? {};
  const ackDeadlineSeconds = found.ackDeadlineSeconds ?? 10;
  ensureEqual({
    topic: [found.topic, topic],
    'push address': [pushEndpoint, lead.url],
    audience: [oidcToken?.audience, lead.url],
    'push account': [oidcToken?.serviceAccountEmail, pushAccount],
    'time to live': [found.expirationPolicy?.ttl, undefined],
  });
  ensure(
    ackDeadlineSeconds > lead.timeoutSeconds,
    `the ack deadline of ${ackDeadlineSeconds} s is not above the function's ${lead.timeoutSeconds} s`,
    'terraform apply restores both.',
  );
  return { says: `to ${pushEndpoint} as ${pushAccount}, ack deadline ${ackDeadlineSeconds} s` };
}

/** That what cannot be delivered is kept: topic, subscription and the agent's two roles. */
export async function checkDeadLetterPolicy(deployment: Deployment): Promise<Passed> {
  const { google, deadLetterTopic, deadLetters, subscription } = deployment;
  const { deadLetterPolicy } = await google<Subscription>(`${API}/${subscription}`);
  const kept = await google<Subscription>(`${API}/${deadLetters}`);
  ensureEqual({
    'dead-letter topic': [deadLetterPolicy?.deadLetterTopic, deadLetterTopic],
    'topic of the dead letters': [kept.topic, deadLetterTopic],
    'time to live of the dead letters': [kept.expirationPolicy?.ttl, undefined],
    'subscriber role of the Pub/Sub agent': [await agentIs('subscriber', deployment, subscription), true],
    'publisher role of the Pub/Sub agent': [await agentIs('publisher', deployment, deadLetterTopic), true],
  });
  return { says: `${basename(deadLetters)}, after ${deadLetterPolicy?.maxDeliveryAttempts} deliveries` };
}

/**
 * How many dead letters wait, by the newest figure of Cloud Monitoring. Does not fail: they may be
 * older than the deployment.
 */
export async function checkDeadLetters(deployment: Deployment): Promise<Passed> {
  const { google, project, topic } = deployment;
  const deadLetters = basename(deployment.deadLetters);
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
  const warning = `Find the cause, then look: npm run redrive -- --project ${project} --subscription ${deadLetters} --topic ${basename(topic)} --dry-run`;
  return { says: `${waiting} wait on ${deadLetters}`, warning: Number(waiting) > 0 ? warning : undefined };
}

async function agentIs(role: string, { google }: Deployment, resource: string): Promise<boolean> {
  const { bindings = [] } = await google<Policy>(`${API}/${resource}:getIamPolicy`);
  const members = bindings
    .filter((binding) => binding.role === `roles/pubsub.${role}`)
    .flatMap(({ members = [] }) => members);
  return members.some((member) => AGENT.test(member));
}

function ensureEqual(values: Readonly<Record<string, readonly [found: unknown, expected: unknown]>>): void {
  const wrong = Object.entries(values)
    .filter(([, [found, expected]]) => found !== expected)
    .map(([name, [found, expected]]) => `${name}: ${found ?? 'none'}, expected ${expected ?? 'none'}`);
  ensure(wrong.length === 0, wrong.join('; '), 'terraform apply restores it.');
}
