import { Code } from '../grpc/rpc-error.ts';
import type { SubscriptionConfig, TopicConfig } from './resource.ts';

/** One topic with a subscription that dead-letters; names are full (`projects/P/topics/T`). */
export interface SubscriptionPlan
  extends Pick<SubscriptionConfig, 'topic' | 'ackDeadlineSeconds' | 'retryPolicy' | 'filter'> {
  subscription: string;
  /** Without one, messages wait to be pulled. */
  pushEndpoint?: string;
  deadLetterTopic: string;
  /** A pull subscription, so that what is dead-lettered is kept. */
  deadLetterSubscription: string;
  /** Default 5, Pub/Sub's own. */
  maxDeliveryAttempts?: number;
}

/** Where to create: the emulator itself, or two lines around the `v1` clients for a Pub/Sub elsewhere. */
export interface Provisionable {
  createTopic(config: TopicConfig): unknown;
  createSubscription(config: SubscriptionConfig): unknown;
}

/** Pub/Sub's own. */
const RETRY_POLICY = { minimumBackoff: { seconds: 10 }, maximumBackoff: { seconds: 600 } };

/**
 * Creates what the plan names, in an order in which each part finds what it refers to. What exists
 * already is left as it is, so that it can run again.
 */
export async function provision(target: Provisionable, plan: SubscriptionPlan): Promise<void> {
  const { subscription, pushEndpoint = '', deadLetterTopic, deadLetterSubscription, ...settings } = plan;
  const { maxDeliveryAttempts = 5, ...rest } = settings;
  await unlessThere(() => target.createTopic({ name: deadLetterTopic }));
  await unlessThere(() => target.createSubscription({ name: deadLetterSubscription, topic: deadLetterTopic }));
  await unlessThere(() => target.createTopic({ name: plan.topic }));
  await unlessThere(() =>
    target.createSubscription({
      name: subscription,
      pushConfig: { pushEndpoint },
      retryPolicy: RETRY_POLICY,
      deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts },
      ...rest,
    }),
  );
}

async function unlessThere(create: () => unknown): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === Code.ALREADY_EXISTS)) throw error;
  }
}
