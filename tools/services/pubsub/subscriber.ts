import type { Handle } from '../grpc/fault.ts';
import { invalidArgument } from '../grpc/rpc-error.ts';
import type { Broker } from './broker.ts';
import { page } from './page.ts';
import { pull } from './pull.ts';
import type { SubscriberRequests } from './requests.ts';
import type { SubscriptionConfig } from './resource.ts';

// Fields of google.pubsub.v1.Subscription that may change, by their name in an update mask.
const UPDATABLE: Record<string, keyof SubscriptionConfig> = {
  ack_deadline_seconds: 'ackDeadlineSeconds',
  dead_letter_policy: 'deadLetterPolicy',
  labels: 'labels',
  push_config: 'pushConfig',
  retry_policy: 'retryPolicy',
};

/** The unary methods of `google.pubsub.v1.Subscriber` on a broker. */
export function subscriberMethods(broker: Broker): {
  [M in keyof SubscriberRequests]: Handle<SubscriberRequests[M], object>;
} {
  return {
    CreateSubscription: (request) => broker.createSubscription(request),
    GetSubscription: ({ subscription }) => broker.subscription(subscription).config,
    UpdateSubscription({ subscription, updateMask }) {
      if (!subscription || !updateMask?.paths.length) {
        throw invalidArgument('The request needs a subscription and an update_mask that is not empty.');
      }
      const fields = updateMask.paths.map((path) => {
        const field = UPDATABLE[path];
        if (!field) throw invalidArgument(`Invalid update_mask provided in the request: ${path} cannot be updated.`);
        return field;
      });
      broker.updateSubscription(subscription.name, subscription, fields);
      return broker.subscription(subscription.name).config;
    },
    ListSubscriptions({ project, ...request }) {
      const names = [...broker.subscriptions.keys()].filter((name) => name.startsWith(`${project}/subscriptions/`));
      const { items, nextPageToken } = page(names, request);
      return { subscriptions: items.map((name) => broker.subscription(name).config), nextPageToken };
    },
    DeleteSubscription({ subscription }) {
      broker.deleteSubscription(subscription);
      return {};
    },
    ModifyPushConfig({ subscription, pushConfig }) {
      broker.updateSubscription(subscription, { name: '', topic: '', pushConfig }, ['pushConfig']);
      return {};
    },
    ModifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds }) {
      const backlog = broker.subscription(subscription);
      for (const ackId of some(ackIds)) backlog.modifyDeadline(ackId, ackDeadlineSeconds);
      return {};
    },
    Acknowledge({ subscription, ackIds }) {
      const backlog = broker.subscription(subscription);
      for (const ackId of some(ackIds)) backlog.acknowledge(ackId);
      return {};
    },
    Pull: (request, signal) => pull(broker.subscription(request.subscription), request, signal),
  };
}

function some(ackIds: string[]): string[] {
  if (ackIds.length === 0) throw invalidArgument('No ack ids specified.');
  return ackIds;
}
