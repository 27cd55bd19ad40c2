import type { protos } from '@google-cloud/pubsub';
import { paginate } from '../grpc/paginate.ts';
import { alreadyExists, invalidArgument } from '../grpc/rpc-error.ts';
import type { Broker } from './broker.ts';
import type { MessageInput } from './message.ts';
import { pull, type StreamRequest } from './pull.ts';
import { push } from './push.ts';
import { checkSubscription, checkTopic, type SubscriptionConfig, type TopicConfig, toSnakeCase } from './resource.ts';
import { Subscription } from './subscription.ts';

type UnaryMethods = ReturnType<typeof unaryMethods>;

/** Every method that is built, and its requests as they are decoded; of a streaming pull, the first. */
export type PubSubRequests = { [M in keyof UnaryMethods]: Parameters<UnaryMethods[M]>[0] } & {
  StreamingPull: StreamRequest;
};

interface Update {
  updateMask: protos.google.protobuf.IFieldMask | null;
}

/** What Pub/Sub calls the topic of a subscription whose topic was deleted. */
const DELETED_TOPIC = '_deleted-topic_';

/** The unary methods of `google.pubsub.v1.Publisher` and `Subscriber` on a broker. */
export function unaryMethods(broker: Broker) {
  const inProject = (project: string, resources: ReadonlyMap<string, { config: object }>) =>
    [...resources.keys()]
      .filter((name) => name.startsWith(`${project}/`))
      .sort()
      .map((name) => resources.get(name)?.config);
  const check = (given: SubscriptionConfig) => {
    const config = checkSubscription(given);
    if (config.deadLetterPolicy) broker.topic(config.deadLetterPolicy.deadLetterTopic);
    return config;
  };
  const configure = (name: string, changes: Partial<SubscriptionConfig>) => {
    const subscription = broker.subscription(name);
    subscription.configure(check({ ...subscription.config, ...changes }));
    return subscription.config;
  };
  return {
    CreateTopic(request: TopicConfig) {
      const config = checkTopic(request);
      if (broker.topics.has(config.name)) throw alreadyExists(config.name);
      broker.topics.set(config.name, { config, log: [] });
      return config;
    },
    GetTopic: ({ topic }: { topic: string }) => broker.topic(topic).config,
    UpdateTopic({ topic: given, updateMask }: Update & { topic: TopicConfig | null }) {
      const changes = maskedFields(given, updateMask, ['name', 'kmsKeyName', 'tags']);
      const topic = broker.topic(given?.name ?? '');
      topic.config = checkTopic({ ...topic.config, ...changes });
      return topic.config;
    },
    ListTopics(request: protos.google.pubsub.v1.ListTopicsRequest) {
      return paginate('topics', inProject(request.project, broker.topics), request);
    },
    ListTopicSubscriptions(request: protos.google.pubsub.v1.ListTopicSubscriptionsRequest) {
      broker.topic(request.topic);
      const names = broker.attached(request.topic).map(({ config }) => config.name);
      return paginate('subscriptions', names.sort(), request);
    },
    /** Its subscriptions stay, with their messages. */
    DeleteTopic({ topic }: { topic: string }) {
      broker.topic(topic);
      broker.topics.delete(topic);
      for (const each of broker.attached(topic)) each.configure({ ...each.config, topic: DELETED_TOPIC });
    },
    Publish({ topic, messages }: { topic: string; messages: MessageInput[] }) {
      return { messageIds: broker.publish(topic, ...messages) };
    },
    CreateSubscription(request: SubscriptionConfig) {
      const config = check(request);
      if (broker.subscriptions.has(config.name)) throw alreadyExists(config.name);
      broker.topic(config.topic);
      const subscription = new Subscription(config, broker.behaviour, (message, attempts) =>
        broker.deadLetter(subscription, message, attempts),
      );
      broker.subscriptions.set(config.name, subscription);
      void push(subscription, broker.behaviour.ackDeadlineScale);
      return config;
    },
    GetSubscription: ({ subscription }: { subscription: string }) => broker.subscription(subscription).config,
    UpdateSubscription({ subscription, updateMask }: Update & { subscription: SubscriptionConfig | null }) {
      const immutable = ['name', 'topic', 'filter', 'enableMessageOrdering', 'tags'];
      const changes = maskedFields(subscription, updateMask, immutable);
      return configure(subscription?.name ?? '', changes);
    },
    ListSubscriptions(request: protos.google.pubsub.v1.ListSubscriptionsRequest) {
      return paginate('subscriptions', inProject(request.project, broker.subscriptions), request);
    },
    DeleteSubscription({ subscription }: { subscription: string }) {
      broker.subscription(subscription).close();
      broker.subscriptions.delete(subscription);
    },
    ModifyPushConfig({ subscription, pushConfig = {} }: protos.google.pubsub.v1.ModifyPushConfigRequest) {
      configure(subscription, { pushConfig });
    },
    ModifyAckDeadline(request: protos.google.pubsub.v1.ModifyAckDeadlineRequest) {
      const subscription = broker.subscription(request.subscription);
      for (const ackId of some(request.ackIds)) subscription.modifyDeadline(ackId, request.ackDeadlineSeconds);
    },
    Acknowledge(request: protos.google.pubsub.v1.AcknowledgeRequest) {
      const subscription = broker.subscription(request.subscription);
      for (const ackId of some(request.ackIds)) subscription.acknowledge(ackId);
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

/**
 * The fields of a resource that an update names.
 *
 * @param given the resource as it was decoded, so that it has every field there is
 * @param immutable fields that cannot change, as the decoded resource spells them
 * @throws RpcError INVALID_ARGUMENT for an empty mask, an unknown field, or one that cannot change
 */
function maskedFields<Resource extends object>(
  given: Resource | null,
  mask: Update['updateMask'],
  immutable: readonly string[],
): Partial<Resource> {
  const paths = mask?.paths ?? [];
  if (!given) throw invalidArgument('The request has no resource.');
  if (paths.length === 0) {
    throw invalidArgument('The update_mask must be set, and must contain a non-empty paths list.');
  }
  const fields = new Map(Object.entries(given).map(([field, value]) => [toSnakeCase(field), { field, value }]));
  const changes = paths.map((path) => {
    const change = fields.get(path);
    if (change === undefined || immutable.includes(change.field)) {
      const why = change === undefined ? `${path} is not a known field` : `the field ${path} is not mutable`;
      throw invalidArgument(`Invalid update_mask provided in the request: ${why}.`);
    }
    return [change.field, change.value];
  });
  return Object.fromEntries(changes);
}
