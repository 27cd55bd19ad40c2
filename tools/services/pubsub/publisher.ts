import type { Handle } from '../grpc/fault.ts';
import type { Broker } from './broker.ts';
import { page } from './page.ts';
import type { PublisherRequests } from './requests.ts';

/** The methods of `google.pubsub.v1.Publisher` on a broker. */
export function publisherMethods(broker: Broker): {
  [M in keyof PublisherRequests]: Handle<PublisherRequests[M], object>;
} {
  return {
    CreateTopic: (request) => broker.createTopic(request),
    GetTopic: ({ topic }) => broker.topic(topic).config,
    ListTopics({ project, ...request }) {
      const names = [...broker.topics.keys()].filter((name) => name.startsWith(`${project}/topics/`));
      const { items, nextPageToken } = page(names, request);
      return { topics: items.map((name) => broker.topic(name).config), nextPageToken };
    },
    ListTopicSubscriptions({ topic, ...request }) {
      broker.topic(topic);
      const attached = [...broker.subscriptions.values()].filter(({ config }) => config.topic === topic);
      const { items, nextPageToken } = page(
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
