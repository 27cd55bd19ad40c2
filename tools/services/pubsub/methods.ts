import type { protos } from '@google-cloud/pubsub';
import { invalidArgument } from '../grpc/rpc-error.ts';
import type { Broker } from './broker.ts';
import type { MessageInput } from './message.ts';
import { pull } from './pull.ts';
import { type SubscriptionConfig, type TopicConfig, toSnakeCase } from './resource.ts';

type FieldMask = protos.google.protobuf.IFieldMask;
type UnaryMethods = ReturnType<typeof unaryMethods>;

/** The unary methods that are built, and their requests as they are decoded. */
export type UnaryRequests = { [M in keyof UnaryMethods]: Parameters<UnaryMethods[M]>[0] };

/** Every method that is built; of a streaming pull, its first request. */
export interface PubSubRequests extends UnaryRequests {
  StreamingPull: protos.google.pubsub.v1.StreamingPullRequest;
}

/** The unary methods of `google.pubsub.v1.Publisher` and `Subscriber` on a broker. */
export function unaryMethods(broker: Broker) {
  return {
    CreateTopic: (request: TopicConfig) => broker.createTopic(request),
    GetTopic: ({ topic }: protos.google.pubsub.v1.GetTopicRequest) => broker.topic(topic).config,
    UpdateTopic({ topic, updateMask }: { topic: TopicConfig | null; updateMask: FieldMask | null }) {
      const changes = maskedFields(topic, updateMask, ['name', 'kmsKeyName', 'tags']);
      return broker.updateTopic(topic?.name ?? '', changes);
    },
    ListTopics(request: protos.google.pubsub.v1.ListTopicsRequest) {
      const page = paginate(below(`${request.project}/topics/`, broker.topics.keys()), request);
      return { ...page, topics: page.names.map((name) => broker.topic(name).config) };
    },
    ListTopicSubscriptions(request: protos.google.pubsub.v1.ListTopicSubscriptionsRequest) {
      broker.topic(request.topic);
      const attached = [...broker.subscriptions.values()].filter(({ config }) => config.topic === request.topic);
      const page = paginate(
        attached.map(({ config }) => config.name),
        request,
      );
      return { ...page, subscriptions: page.names };
    },
    DeleteTopic({ topic }: protos.google.pubsub.v1.DeleteTopicRequest) {
      broker.deleteTopic(topic);
      return {};
    },
    Publish({ topic, messages }: { topic: string; messages: MessageInput[] }) {
      return { messageIds: broker.publish(topic, ...messages) };
    },
    CreateSubscription: (request: SubscriptionConfig) => broker.createSubscription(request),
    GetSubscription({ subscription }: protos.google.pubsub.v1.GetSubscriptionRequest) {
      return broker.subscription(subscription).config;
    },
    UpdateSubscription({
      subscription,
      updateMask,
    }: {
      subscription: SubscriptionConfig | null;
      updateMask: FieldMask | null;
    }) {
      const immutable = ['name', 'topic', 'filter', 'enableMessageOrdering', 'tags'];
      return broker.updateSubscription(subscription?.name ?? '', maskedFields(subscription, updateMask, immutable));
    },
    ListSubscriptions(request: protos.google.pubsub.v1.ListSubscriptionsRequest) {
      const page = paginate(below(`${request.project}/subscriptions/`, broker.subscriptions.keys()), request);
      return { ...page, subscriptions: page.names.map((name) => broker.subscription(name).config) };
    },
    DeleteSubscription({ subscription }: protos.google.pubsub.v1.DeleteSubscriptionRequest) {
      broker.deleteSubscription(subscription);
      return {};
    },
    ModifyPushConfig({ subscription, pushConfig = {} }: protos.google.pubsub.v1.ModifyPushConfigRequest) {
      broker.updateSubscription(subscription, { pushConfig });
      return {};
    },
    ModifyAckDeadline(request: protos.google.pubsub.v1.ModifyAckDeadlineRequest) {
      const subscription = broker.subscription(request.subscription);
      for (const ackId of some(request.ackIds)) subscription.modifyDeadline(ackId, request.ackDeadlineSeconds);
      return {};
    },
    Acknowledge(request: protos.google.pubsub.v1.AcknowledgeRequest) {
      const subscription = broker.subscription(request.subscription);
      for (const ackId of some(request.ackIds)) subscription.acknowledge(ackId);
      return {};
    },
    Pull(request: protos.google.pubsub.v1.PullRequest, signal: AbortSignal) {
      return pull(broker.subscription(request.subscription), request, signal);
    },
  };
}

function some(ackIds: readonly string[]): readonly string[] {
  if (ackIds.length === 0) throw invalidArgument('No ack ids specified.');
  return ackIds;
}

function below(prefix: string, names: Iterable<string>): string[] {
  return [...names].filter((name) => name.startsWith(prefix));
}

const MAX_PAGE = 1_000;

/**
 * Cuts one page out of a list of names. The token is the last name of the page before, so that a resource created or
 * deleted in between moves no other.
 *
 * @throws RpcError INVALID_ARGUMENT for a size or token that no earlier answer gave
 */
function paginate(
  all: readonly string[],
  { pageSize, pageToken }: { pageSize: number; pageToken: string },
): { names: string[]; nextPageToken: string } {
  const after = Buffer.from(pageToken, 'base64url').toString();
  if (pageSize < 0 || (pageToken !== '' && !after.startsWith('projects/'))) {
    throw invalidArgument(`Invalid page given (page_size=${pageSize}, page_token=${pageToken}).`);
  }
  const rest = all.filter((name) => name > after).sort();
  const names = rest.slice(0, Math.min(pageSize || MAX_PAGE, MAX_PAGE));
  const last = rest.length > names.length ? (names.at(-1) ?? '') : '';
  return { names, nextPageToken: Buffer.from(last).toString('base64url') };
}

/**
 * The fields of a resource that an update names.
 *
 * @param given the resource as it was decoded, so that it has every field there is
 * @param immutable fields that cannot change, as the decoded resource spells them
 * @throws RpcError INVALID_ARGUMENT for an empty mask, an unknown field, or one that cannot change
 */
function maskedFields<Resource extends object>(
  given: Resource | null,
  mask: FieldMask | null,
  immutable: readonly string[],
): Partial<Resource> {
  const paths = mask?.paths ?? [];
  if (!given) throw invalidArgument('The request has no resource.');
  if (paths.length === 0) {
    throw invalidArgument('The update_mask must be set, and must contain a non-empty paths list.');
  }
  const fields = new Map(Object.keys(given).map((field) => [toSnakeCase(field), field]));
  const changes = paths.map((path) => {
    const field = fields.get(path);
    if (field === undefined || immutable.includes(field)) {
      const why = field === undefined ? `${path} is not a known field` : `the field ${path} is not mutable`;
      throw invalidArgument(`Invalid update_mask provided in the request: ${why}.`);
    }
    return [field, given[field as keyof Resource]];
  });
  return Object.fromEntries(changes);
}
