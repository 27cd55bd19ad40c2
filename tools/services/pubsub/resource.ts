import { Code, invalidArgument, RpcError } from '../grpc/rpc-error.ts';
import { compileFilter } from './filter.ts';
import type { Duration } from './time.ts';
import { toMilliseconds } from './time.ts';

/** `google.pubsub.v1.Topic`: what the emulator honours of it. */
export interface TopicConfig {
  /** `projects/P/topics/T` */
  name: string;
  labels?: Record<string, string>;
}

/** `google.pubsub.v1.PushConfig`: what the emulator honours of it. An empty endpoint means pull. */
export interface PushConfig {
  pushEndpoint?: string;
  /** Nothing but `x-goog-version: v1`. */
  attributes?: Record<string, string>;
}

/** `google.pubsub.v1.Subscription`: what the emulator honours of it. */
export interface SubscriptionConfig {
  /** `projects/P/subscriptions/S` */
  name: string;
  topic: string;
  pushConfig?: PushConfig | null;
  /** 10 to 600; 0 or absent means 10. */
  ackDeadlineSeconds?: number;
  /** 10 minutes to 31 days; absent: 7 days. */
  messageRetentionDuration?: Duration | null;
  /** Nothing, or a policy without `ttl`: a subscription never expires here. */
  expirationPolicy?: { ttl?: null } | null;
  filter?: string;
  /** Absent: a pull subscription's messages are redelivered at once. Backoffs default to 10 s and 600 s. */
  retryPolicy?: { minimumBackoff?: Duration | null; maximumBackoff?: Duration | null } | null;
  /** `maxDeliveryAttempts` 5 to 100; 0 or absent means 5. */
  deadLetterPolicy?: { deadLetterTopic: string; maxDeliveryAttempts?: number } | null;
  labels?: Record<string, string>;
}

/** A subscription's settings with Pub/Sub's defaults filled in. */
export type CheckedSubscription = SubscriptionConfig & {
  pushConfig: PushConfig;
  ackDeadlineSeconds: number;
  messageRetentionDuration: Duration;
};

const NAME = /^projects\/[^/]+\/(topics|subscriptions)\/(?!goog)[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/;

// Fields that change nothing here: set by the server, about storage, or added by proto-loader to
// name a oneof's choice.
const WITHOUT_EFFECT = ['state', 'satisfiesPzs', 'messageStoragePolicy', 'topicMessageRetentionDuration', 'wrapper'];
const HONOURED = {
  topic: new Set(['name', 'labels', ...WITHOUT_EFFECT]),
  push_config: new Set(['pushEndpoint', 'attributes', 'pubsubWrapper', ...WITHOUT_EFFECT]),
  expiration_policy: new Set<string>(),
  subscription: new Set([
    ...['name', 'topic', 'pushConfig', 'ackDeadlineSeconds', 'messageRetentionDuration', 'expirationPolicy', 'filter'],
    ...['retryPolicy', 'deadLetterPolicy', 'labels', 'analyticsHubSubscriptionInfo', ...WITHOUT_EFFECT],
  ]),
};

const TEN_MINUTES_MS = 600_000;
const THIRTY_ONE_DAYS_MS = 31 * 86_400_000;

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
 * A topic's settings.
 *
 * @throws RpcError INVALID_ARGUMENT for a bad name, UNIMPLEMENTED for what the emulator would not honour
 */
export function checkTopic(given: TopicConfig): TopicConfig {
  checkName(given.name, 'topics');
  refuseUnsupported('topic', given);
  return { ...given, ...{ state: 'ACTIVE' } };
}

/**
 * A subscription's settings with Pub/Sub's defaults filled in.
 *
 * @throws RpcError INVALID_ARGUMENT for a value out of range, UNIMPLEMENTED for what the emulator would not honour:
 *   accepting it in silence would let a test pass that production fails
 */
export function checkSubscription(given: SubscriptionConfig): CheckedSubscription {
  checkName(given.name, 'subscriptions');
  refuseUnsupported('subscription', given);
  refuseUnsupported('push_config', given.pushConfig ?? {});
  refuseUnsupported('expiration_policy', given.expirationPolicy ?? {});
  compileFilter(given.filter ?? '');
  return {
    ...given,
    ...{ state: 'ACTIVE' },
    pushConfig: checkPush(given.pushConfig ?? {}),
    ackDeadlineSeconds: checkAckDeadline(given.ackDeadlineSeconds || 10),
    messageRetentionDuration: checkRetention(given.messageRetentionDuration ?? { seconds: 604_800 }),
    ...(given.retryPolicy && { retryPolicy: checkRetry(given.retryPolicy) }),
    ...(given.deadLetterPolicy && { deadLetterPolicy: checkDeadLetter(given.deadLetterPolicy) }),
  };
}

function refuseUnsupported(kind: keyof typeof HONOURED, given: object): void {
  const unsupported = Object.entries(given).flatMap(([field, value]) =>
    isSet(value) && !HONOURED[kind].has(field) ? [`${kind}.${toSnakeCase(field)}`] : [],
  );
  if (unsupported.length > 0) {
    throw new RpcError(Code.UNIMPLEMENTED, `The emulator does not support ${unsupported.join(', ')}.`);
  }
}

/** False for what a decoded request holds where the caller gave nothing: '', 0, false, null, [] and {}. */
function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/** A field's name as the protos and update masks spell it. */
export function toSnakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Pub/Sub itself takes https only; local functions speak http. */
function checkPush(given: PushConfig): PushConfig {
  const { pushEndpoint = '', attributes = {} } = given;
  if (pushEndpoint !== '' && !/^https?:$/.test(URL.parse(pushEndpoint)?.protocol ?? '')) {
    throw invalidArgument(`Invalid push endpoint given (endpoint=${pushEndpoint}): expected an http or https URL.`);
  }
  if (Object.entries(attributes).some(([key, value]) => key !== 'x-goog-version' || value !== 'v1')) {
    throw invalidArgument('Invalid push attributes given: expected nothing, or x-goog-version: v1.');
  }
  return given;
}

function checkAckDeadline(seconds: number): number {
  if (seconds >= 10 && seconds <= 600) return seconds;
  throw invalidArgument(`Invalid ack deadline given (deadline=${seconds}): expected 10 to 600 seconds.`);
}

function checkRetention(duration: Duration): Duration {
  const ms = toMilliseconds(duration);
  if (ms >= TEN_MINUTES_MS && ms <= THIRTY_ONE_DAYS_MS) return duration;
  throw invalidArgument(`Invalid message_retention_duration given (${ms / 1_000} s): expected 10 minutes to 31 days.`);
}

function checkRetry(given: NonNullable<SubscriptionConfig['retryPolicy']>) {
  const minimumBackoff = given.minimumBackoff ?? { seconds: 10, nanos: 0 };
  const maximumBackoff = given.maximumBackoff ?? { seconds: 600, nanos: 0 };
  const [minimum, maximum] = [toMilliseconds(minimumBackoff), toMilliseconds(maximumBackoff)];
  if (minimum >= 0 && minimum <= maximum && maximum <= 600_000) return { minimumBackoff, maximumBackoff };
  throw invalidArgument('Invalid retry policy given: expected 0 <= minimum_backoff <= maximum_backoff <= 600 seconds.');
}

function checkDeadLetter(given: NonNullable<SubscriptionConfig['deadLetterPolicy']>) {
  const maxDeliveryAttempts = given.maxDeliveryAttempts || 5;
  checkName(given.deadLetterTopic, 'topics');
  if (maxDeliveryAttempts >= 5 && maxDeliveryAttempts <= 100) return { ...given, maxDeliveryAttempts };
  throw invalidArgument(`Invalid max_delivery_attempts given (${maxDeliveryAttempts}): expected 5 to 100.`);
}
