import type { Handle } from '../grpc/fault.ts';
import { invalidArgument } from '../grpc/rpc-error.ts';
import type { Broker } from './broker.ts';
import { paginate } from './paginate.ts';
import type { PublisherRequests } from './requests.ts';
import { maskedFields } from './update-mask.ts';

const IMMUTABLE = ['name', 'kmsKeyName', 'tags'];

/** The methods of `google.pubsub.v1.Publisher` on a broker. */
export function publisherMethods(broker: Broker): {
  [M in keyof PublisherRequests]: Handle<PublisherRequests[M], object>;
} {
  return {
    CreateTopic: (request) => broker.createTopic(request),
    GetTopic: ({ topic }) => broker.topic(topic).config,
    UpdateTopic({ topic, updateMask }) {
      if (!topic) throw invalidArgument('The request has no topic.');
      return broker.updateTopic(topic.name, maskedFields(topic, updateMask, IMMUTABLE));
    },
    ListTopics({ project, ...request }) {
      const names = [...broker.topics.keys()].filter((name) => name.startsWith(`${project}/topics/`));
      const { items, nextPageToken } = paginate(names, request);
      return { topics: items.map((name) => broker.topic(name).config), nextPageToken };
    },
    ListTopicSubscriptions({ topic, ...request }) {
      broker.topic(topic);
      const attached = [...broker.subscriptions.values()].filter(({ config }) => config.topic === topic);
      const { items, nextPageToken } = paginate(
        attached.map(({ config }) => config.name),
        request,
      );
      return { subscriptions: items, nextPageToken };
    },
    DeleteTopic({ topic }) {
      broker.deleteTopic(topic);
      return {};
    },
    Publish: ({ topic, messages }) => ({ messageIds: broker.publish(topic, messages) }),
  };
}
