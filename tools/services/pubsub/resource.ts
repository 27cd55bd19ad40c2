import type { protos } from '@google-cloud/pubsub';
import { Code, invalidArgument, RpcError } from '../grpc/rpc-error.ts';
import { compileFilter } from './filter.ts';

type Duration = protos.google.protobuf.IDuration;

/** A topic; its name is `projects/P/topics/T`. */
export type TopicConfig = protos.google.pubsub.v1.ITopic & { name: string };

/** A subscription; its name is `projects/P/subscriptions/S`. Without a push endpoint, or with '', it is pulled. */
export type SubscriptionConfig = protos.google.pubsub.v1.ISubscription & { name: string; topic: string };

/** A subscription's settings with Pub/Sub's defaults filled in. */
export type CheckedSubscription = SubscriptionConfig & {
  pushConfig: protos.google.pubsub.v1.IPushConfig;
  ackDeadlineSeconds: number;
  messageRetentionDuration: Duration;
  retryPolicy?: { minimumBackoff: Duration; maximumBackoff: Duration };
  deadLetterPolicy?: { deadLetterTopic: string; maxDeliveryAttempts: number };
};

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
const SEVEN_DAYS_S = 7 * 86_400;
const THIRTY_ONE_DAYS_S = 31 * 86_400;

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
export function checkSubscription(given: SubscriptionConfig): CheckedSubscription {
  checkName(given.name, 'subscriptions');
  refuseUnsupported('subscription', given);
  refuseUnsupported('push_config', given.pushConfig ?? {});
  refuseUnsupported('expiration_policy', given.expirationPolicy ?? {});
  compileFilter(given.filter ?? '');
  const { retryPolicy, deadLetterPolicy, ...rest } = given;
  return {
    ...rest,
    state: 'ACTIVE',
    pushConfig: checkPush(given.pushConfig ?? {}),
    ackDeadlineSeconds: expectRange('ack_deadline_seconds', given.ackDeadlineSeconds || 10, 10, 600),
    messageRetentionDuration: checkDuration(
      'message_retention_duration',
      given.messageRetentionDuration ?? { seconds: SEVEN_DAYS_S },
      TEN_MINUTES_S,
      THIRTY_ONE_DAYS_S,
    ),
    ...(retryPolicy && { retryPolicy: checkRetry(retryPolicy) }),
    ...(deadLetterPolicy && {
      deadLetterPolicy: {
        deadLetterTopic: deadLetterPolicy.deadLetterTopic ?? '',
        maxDeliveryAttempts: expectRange('max_delivery_attempts', deadLetterPolicy.maxDeliveryAttempts || 5, 5, 100),
      },
    }),
  };
}

/** @throws RpcError INVALID_ARGUMENT for a value below `least` or above `most` */
export function expectRange(field: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
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

function refuseUnsupported(kind: keyof typeof HONOURED, given: object): void {
  const honoured: readonly string[] = [...HONOURED[kind], ...WITHOUT_EFFECT];
  const unsupported = Object.entries(given)
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
function checkPush(given: CheckedSubscription['pushConfig']): CheckedSubscription['pushConfig'] {
  const { pushEndpoint, attributes } = given;
  if (pushEndpoint && !/^https?:$/.test(URL.parse(pushEndpoint)?.protocol ?? '')) {
    throw invalidArgument(`Invalid push endpoint given (endpoint=${pushEndpoint}): expected an http or https URL.`);
  }
  if (Object.entries(attributes ?? {}).some(([key, value]) => key !== 'x-goog-version' || value !== 'v1')) {
    throw invalidArgument('Invalid push attributes given: expected nothing, or x-goog-version: v1.');
  }
  return given;
}

function checkRetry(given: protos.google.pubsub.v1.IRetryPolicy): NonNullable<CheckedSubscription['retryPolicy']> {
  const maximumBackoff = checkDuration('maximum_backoff', given.maximumBackoff ?? { seconds: 600 }, 0, 600);
  const most = toMilliseconds(maximumBackoff) / 1_000;
  return {
    minimumBackoff: checkDuration('minimum_backoff', given.minimumBackoff ?? { seconds: 10 }, 0, most),
    maximumBackoff,
  };
}

/** `least` and `most` in seconds. */
function checkDuration(field: string, duration: Duration, least: number, most: number): Duration {
  expectRange(field, toMilliseconds(duration) / 1_000, least, most);
  return duration;
}
