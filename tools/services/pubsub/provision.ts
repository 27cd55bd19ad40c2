import { Code } from '../grpc/rpc-error.ts';
import type { SubscriptionConfig, TopicConfig } from './resource.ts';

/** One topic with a subscription that dead-letters; names are full (`projects/P/topics/T`), times in seconds. */
export interface SubscriptionPlan {
  topic: string;
  subscription: string;
  /** Without one, messages wait to be pulled. */
  pushEndpoint?: string;
  deadLetterTopic: string;
  /** A pull subscription, so that what is dead-lettered is kept. */
  deadLetterSubscription: string;
  /** Default 10, Pub/Sub's own. */
  ackDeadlineSeconds?: number;
  /** Default 10, Pub/Sub's own. */
  minimumBackoffSeconds?: number;
  /** Default 600, Pub/Sub's own. */
  maximumBackoffSeconds?: number;
  /** Default 5, Pub/Sub's own. */
  maxDeliveryAttempts?: number;
  filter?: string;
}

/** Where to create: the emulator itself, or two lines around the `v1` clients for a Pub/Sub elsewhere. */
export interface Provisionable {
  createTopic(config: TopicConfig): unknown;
  createSubscription(config: SubscriptionConfig): unknown;
}

/**
 * Creates what the plan names, in an order in which each part finds what it refers to. What exists
 * already is left as it is, so that it can run again.
 */
export async function provision(target: Provisionable, plan: SubscriptionPlan): Promise<void> {
  await unlessThere(() => target.createTopic({ name: plan.deadLetterTopic }));
  await unlessThere(() =>
    target.createSubscription({ name: plan.deadLetterSubscription, topic: plan.deadLetterTopic }),
  );
  await unlessThere(() => target.createTopic({ name: plan.topic }));
  await unlessThere(() => target.createSubscription(configOf(plan)));
}

function configOf(plan: SubscriptionPlan): SubscriptionConfig {
  return {
    name: plan.subscription,
    topic: plan.topic,
    ...(plan.pushEndpoint !== undefined && { pushConfig: { pushEndpoint: plan.pushEndpoint } }),
    ackDeadlineSeconds: plan.ackDeadlineSeconds ?? 10,
    retryPolicy: {
      minimumBackoff: toDuration(plan.minimumBackoffSeconds ?? 10),
      maximumBackoff: toDuration(plan.maximumBackoffSeconds ?? 600),
    },
    deadLetterPolicy: {
      deadLetterTopic: plan.deadLetterTopic,
      maxDeliveryAttempts: plan.maxDeliveryAttempts ?? 5,
    },
    ...(plan.filter !== undefined && { filter: plan.filter }),
  };
}

async function unlessThere(create: () => unknown): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === Code.ALREADY_EXISTS)) throw error;
  }
}

function toDuration(seconds: number): { seconds: number; nanos: number } {
  return { seconds: Math.floor(seconds), nanos: Math.round((seconds % 1) * 1e9) };
}
