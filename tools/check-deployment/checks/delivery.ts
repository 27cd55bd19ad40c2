import { type Deployment, shortName } from '../deployment.ts';
import type { Google } from '../google.ts';
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

const API = 'pubsub.googleapis.com/v1';
const AGENT = /^serviceAccount:service-\d+@gcp-sa-pubsub\.iam\.gserviceaccount\.com$/;

/** That the topic is there. Returns its subscriptions. */
export async function checkTopic(google: Google, { topic }: Deployment): Promise<Passed<readonly string[]>> {
  await google.call(`${API}/${topic}`);
  const { subscriptions = [] } = await google.call<{ subscriptions?: string[] }>(`${API}/${topic}/subscriptions`);
  return {
    says: `${shortName(topic)}, read by ${subscriptions.map(shortName).join(', ') || 'nobody'}`,
    value: subscriptions,
  };
}

/** That the subscription pushes to incident-lead, as the account that may call it. */
export async function checkPush(google: Google, deployment: Deployment, lead: DeployedFunction): Promise<Passed<void>> {
  const found = await google.call<Subscription>(`${API}/${deployment.subscription}`);
  const { pushConfig: { pushEndpoint, oidcToken } = {}, ackDeadlineSeconds = 10 } = found;
  expectAll({
    topic: [found.topic, deployment.topic],
    'push address': [pushEndpoint, lead.url],
    audience: [oidcToken?.audience, lead.url],
    'push account': [oidcToken?.serviceAccountEmail, deployment.pushAccount],
    'time to live': [found.expirationPolicy?.ttl, undefined],
  });
  if (ackDeadlineSeconds <= lead.timeoutSeconds) {
    throw new CheckFailed(
      `the ack deadline of ${ackDeadlineSeconds} s is not above the function's ${lead.timeoutSeconds} s`,
      'terraform apply restores both.',
    );
  }
  return {
    says: `to ${pushEndpoint} as ${shortName(deployment.pushAccount)}, ack deadline ${ackDeadlineSeconds} s`,
    value: undefined,
  };
}

/** That what cannot be delivered is kept: topic, subscription and the agent's two roles. */
export async function checkDeadLetterPolicy(google: Google, deployment: Deployment): Promise<Passed<void>> {
  const { deadLetterTopic, deadLetters, subscription } = deployment;
  const [source, kept, sourceRoles, topicRoles] = await Promise.all([
    google.call<Subscription>(`${API}/${subscription}`),
    google.call<Subscription>(`${API}/${deadLetters}`),
    google.call<Policy>(`${API}/${subscription}:getIamPolicy`),
    google.call<Policy>(`${API}/${deadLetterTopic}:getIamPolicy`),
  ]);
  expectAll({
    'dead-letter topic': [source.deadLetterPolicy?.deadLetterTopic, deadLetterTopic],
    'topic of the dead letters': [kept.topic, deadLetterTopic],
    'time to live of the dead letters': [kept.expirationPolicy?.ttl, undefined],
    'subscriber role of the Pub/Sub agent': [agentHas(sourceRoles, 'roles/pubsub.subscriber'), true],
    'publisher role of the Pub/Sub agent': [agentHas(topicRoles, 'roles/pubsub.publisher'), true],
  });
  return {
    says: `${shortName(deadLetters)}, after ${source.deadLetterPolicy?.maxDeliveryAttempts} deliveries`,
    value: undefined,
  };
}

function agentHas({ bindings = [] }: Policy, role: string): boolean {
  return bindings.some((binding) => binding.role === role && binding.members?.some((member) => AGENT.test(member)));
}

function expectAll(values: Readonly<Record<string, readonly [found: unknown, expected: unknown]>>): void {
  const wrong = Object.entries(values).filter(([, [found, expected]]) => found !== expected);
  if (wrong.length === 0) return;
  const say = (value: unknown): string => String(value ?? 'none');
  throw new CheckFailed(
    wrong.map(([name, [found, expected]]) => `${name}: ${say(found)}, expected ${say(expected)}`).join('; '),
    'terraform apply restores it.',
  );
}
