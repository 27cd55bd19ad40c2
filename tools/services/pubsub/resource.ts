import { Code, invalidArgument, RpcError } from '../grpc/rpc-error.ts';
import { compileFilter } from './filter.ts';
import type { Duration } from './time.ts';
import { toMilliseconds } from './time.ts';

/** `google.pubsub.v1.Topic`, as far as the emulator reads it; the rest is kept and given back. */
export interface TopicConfig {
  /** `projects/P/topics/T` */
  name: string;
  labels?: Record<string, string>;
}

/** `google.pubsub.v1.PushConfig`; an empty endpoint means pull. */
export interface PushConfig {
  pushEndpoint?: string;
  attributes?: Record<string, string>;
  oidcToken?: { serviceAccountEmail?: string; audience?: string } | null;
  noWrapper?: object | null;
}

/** `google.pubsub.v1.Subscription`, as far as the emulator reads it; the rest is kept and given back. */
export interface SubscriptionConfig {
  /** `projects/P/subscriptions/S` */
  name: string;
  topic: string;
  pushConfig?: PushConfig | null;
  /** 10 to 600; 0 or absent means 10. */
  ackDeadlineSeconds?: number;
  filter?: string;
  /** Absent: redelivered at once. Backoffs default to 10 s and 600 s. */
  retryPolicy?: { minimumBackoff?: Duration | null; maximumBackoff?: Duration | null } | null;
  /** `maxDeliveryAttempts` 5 to 100; 0 or absent means 5. */
  deadLetterPolicy?: { deadLetterTopic: string; maxDeliveryAttempts?: number } | null;
  labels?: Record<string, string>;
  enableMessageOrdering?: boolean;
  enableExactlyOnceDelivery?: boolean;
  bigqueryConfig?: object | null;
  bigtableConfig?: object | null;
  cloudStorageConfig?: object | null;
}

const NAME = /^projects\/[^/]+\/(topics|subscriptions)\/(?!goog)[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/;

/**
 * @throws RpcError INVALID_ARGUMENT unless `name` is `projects/P/<collection>/ID` with an id that Pub/Sub allows
 */
export function checkName(name: string, collection: 'topics' | 'subscriptions'): void {
  if (NAME.exec(name)?.[1] !== collection) {
    throw invalidArgument(
      `Invalid resource name given (name=${name}): expected projects/{project}/${collection}/{id}.`,
    );
  }
}

/**
 * A subscription's settings with Pub/Sub's defaults filled in.
 *
 * @throws RpcError INVALID_ARGUMENT for a value out of range, UNIMPLEMENTED for a feature the emulator lacks: accepting
 *   it in silence would let a test pass that production fails
 */
export function checkSubscription(given: SubscriptionConfig): SubscriptionConfig & { ackDeadlineSeconds: number } {
  checkName(given.name, 'subscriptions');
  refuseUnsupported(given);
  const ackDeadlineSeconds = given.ackDeadlineSeconds || 10;
  if (ackDeadlineSeconds < 10 || ackDeadlineSeconds > 600) {
    throw invalidArgument(`Invalid ack deadline given (deadline=${ackDeadlineSeconds}): expected 10 to 600 seconds.`);
  }
  checkEndpoint(given.pushConfig?.pushEndpoint ?? '');
  const minimumBackoff = given.retryPolicy?.minimumBackoff ?? { seconds: 10, nanos: 0 };
  const maximumBackoff = given.retryPolicy?.maximumBackoff ?? { seconds: 600, nanos: 0 };
  const [minimum, maximum] = [toMilliseconds(minimumBackoff), toMilliseconds(maximumBackoff)];
  if (minimum < 0 || minimum > maximum || maximum > 600_000) {
    throw invalidArgument(
      'Invalid retry policy given: expected 0 <= minimum_backoff <= maximum_backoff <= 600 seconds.',
    );
  }
  const maxDeliveryAttempts = given.deadLetterPolicy?.maxDeliveryAttempts || 5;
  if (maxDeliveryAttempts < 5 || maxDeliveryAttempts > 100) {
    throw invalidArgument(`Invalid max_delivery_attempts given (${maxDeliveryAttempts}): expected 5 to 100.`);
  }
  if (given.deadLetterPolicy) checkName(given.deadLetterPolicy.deadLetterTopic, 'topics');
  compileFilter(given.filter ?? '');
  return {
    ...given,
    ackDeadlineSeconds,
    ...(given.retryPolicy && { retryPolicy: { minimumBackoff, maximumBackoff } }),
    ...(given.deadLetterPolicy && { deadLetterPolicy: { ...given.deadLetterPolicy, maxDeliveryAttempts } }),
  };
}

/** Pub/Sub itself takes https only; local functions speak http. */
function checkEndpoint(endpoint: string): void {
  if (endpoint === '') return;
  const protocol = URL.parse(endpoint)?.protocol;
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw invalidArgument(`Invalid push endpoint given (endpoint=${endpoint}): expected an http or https URL.`);
  }
}

function refuseUnsupported(given: SubscriptionConfig): void {
  const unsupported = Object.entries({
    enable_message_ordering: given.enableMessageOrdering,
    enable_exactly_once_delivery: given.enableExactlyOnceDelivery,
    'push_config.no_wrapper': given.pushConfig?.noWrapper,
    bigquery_config: given.bigqueryConfig,
    bigtable_config: given.bigtableConfig,
    cloud_storage_config: given.cloudStorageConfig,
  }).flatMap(([field, value]) => (value ? [field] : []));
  if (unsupported.length > 0) {
    throw new RpcError(Code.UNIMPLEMENTED, `The emulator does not support ${unsupported.join(', ')}.`);
  }
}
