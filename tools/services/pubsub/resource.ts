import type { protos } from '@google-cloud/pubsub';
import { Code, invalidArgument, RpcError } from '../grpc/rpc-error.ts';
import { compileFilter } from './filter.ts';

type Duration = protos.google.protobuf.IDuration;

/** A topic; its name is `projects/P/topics/T`. */
export type TopicConfig = protos.google.pubsub.v1.ITopic & { name: string };

/** A subscription; its name is `projects/P/subscriptions/S`. Without a push endpoint, or with '', it is pulled. */
export type SubscriptionConfig = protos.google.pubsub.v1.ISubscription & { name: string; topic: string };

/** A subscription's settings with Pub/Sub's defaults filled in. */
export type CheckedSubscription = ReturnType<typeof checkSubscription>;

const NAME = /^projects\/[^/]+\/(topics|subscriptions)\/(?!goog)[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/;

// Fields that change nothing here: set by the server, about storage, or added by proto-loader to
// name a oneof's choice.
const WITHOUT_EFFECT = ['state', 'satisfiesPzs', 'messageStoragePolicy', 'topicMessageRetentionDuration', 'wrapper'];
const HONOURED = {
  topic: ['name', 'labels'],
  push_config: ['pushEndpoint', 'attributes', 'pubsubWrapper'],
  // An expiration policy with a ttl is refused: a subscription never expires here.
  expiration_policy: [],
  subscription: [
    ...['name', 'topic', 'pushConfig', 'ackDeadlineSeconds', 'messageRetentionDuration', 'expirationPolicy', 'filter'],
    ...['retryPolicy', 'deadLetterPolicy', 'labels', 'analyticsHubSubscriptionInfo'],
  ],
};

const TEN_MINUTES_S = 600;
const DAY_S = 86_400;

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
  return { ...given, state: 'ACTIVE' };
}

/**
 * A subscription's settings with Pub/Sub's defaults filled in.
 *
 * @throws RpcError INVALID_ARGUMENT for a value out of range, UNIMPLEMENTED for what the emulator would not honour:
 *   accepting it in silence would let a test pass that production fails
 */
export function checkSubscription(given: SubscriptionConfig) {
  const { pushConfig, retryPolicy = null, deadLetterPolicy = null } = given;
  checkName(given.name, 'subscriptions');
  refuseUnsupported('subscription', given);
  refuseUnsupported('push_config', pushConfig);
  refuseUnsupported('expiration_policy', given.expirationPolicy);
  compileFilter(given.filter ?? '');
  const config = {
    ...given,
    state: 'ACTIVE' as const,
    pushConfig: pushConfig ?? {},
    ackDeadlineSeconds: given.ackDeadlineSeconds || 10,
    messageRetentionDuration: given.messageRetentionDuration ?? { seconds: 7 * DAY_S },
    retryPolicy: retryPolicy && {
      minimumBackoff: retryPolicy.minimumBackoff ?? { seconds: 10 },
      maximumBackoff: retryPolicy.maximumBackoff ?? { seconds: 600 },
    },
    deadLetterPolicy: deadLetterPolicy && {
      deadLetterTopic: deadLetterPolicy.deadLetterTopic ?? '',
      maxDeliveryAttempts: deadLetterPolicy.maxDeliveryAttempts || 5,
    },
  };
  checkPush(config.pushConfig);
  expectRange('ack_deadline_seconds', config.ackDeadlineSeconds, 10, 600);
  expectRange('message_retention_duration', config.messageRetentionDuration, TEN_MINUTES_S, 31 * DAY_S);
  if (config.retryPolicy) {
    const { minimumBackoff, maximumBackoff } = config.retryPolicy;
    expectRange('maximum_backoff', maximumBackoff, 0, TEN_MINUTES_S);
    expectRange('minimum_backoff', minimumBackoff, 0, toMilliseconds(maximumBackoff) / 1_000);
  }
  if (config.deadLetterPolicy) {
    expectRange('max_delivery_attempts', config.deadLetterPolicy.maxDeliveryAttempts, 5, 100);
  }
  return config;
}

/**
 * Checks a number, or the seconds of a duration.
 *
 * @throws RpcError INVALID_ARGUMENT for a value below `least` or above `most`
 */
export function expectRange(field: string, given: number | Duration, least: number, most: number): void {
  const value = typeof given === 'number' ? given : toMilliseconds(given) / 1_000;
  if (value >= least && value <= most) return;
  throw invalidArgument(`Invalid ${field} given (${value}): expected ${least} to ${most}.`);
}

/** A protobuf duration in milliseconds. */
export function toMilliseconds({ seconds, nanos }: Duration): number {
  return Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1_000_000;
}

/** A field's name as the protos and update masks spell it. */
export function toSnakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function refuseUnsupported(kind: keyof typeof HONOURED, given: object | null | undefined): void {
  const honoured: readonly string[] = [...HONOURED[kind], ...WITHOUT_EFFECT];
  const unsupported = Object.entries(given ?? {})
    .filter(([field, value]) => isSet(value) && !honoured.includes(field))
    .map(([field]) => `${kind}.${toSnakeCase(field)}`);
  if (unsupported.length > 0) {
    throw new RpcError(Code.UNIMPLEMENTED, `The emulator does not support ${unsupported.join(', ')}.`);
  }
}

/** False for what a decoded request holds where the caller gave nothing: '', 0, false, null, [] and {}. */
function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/** Pub/Sub itself takes https only; local functions speak http. */
function checkPush({ pushEndpoint, attributes }: protos.google.pubsub.v1.IPushConfig): void {
  if (pushEndpoint && !/^https?:$/.test(URL.parse(pushEndpoint)?.protocol ?? '')) {
    throw invalidArgument(`Invalid push endpoint given (endpoint=${pushEndpoint}): expected an http or https URL.`);
  }
  if (Object.entries(attributes ?? {}).some(([key, value]) => key !== 'x-goog-version' || value !== 'v1')) {
    throw invalidArgument('Invalid push attributes given: expected nothing, or x-goog-version: v1.');
  }
}
