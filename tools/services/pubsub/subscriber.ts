import type { Handle } from '../grpc/fault.ts';
import { invalidArgument } from '../grpc/rpc-error.ts';
import type { Broker } from './broker.ts';
import { paginate } from './paginate.ts';
import { pull } from './pull.ts';
import type { SubscriberRequests } from './requests.ts';
import { maskedFields } from './update-mask.ts';

const IMMUTABLE = ['name', 'topic', 'filter', 'enableMessageOrdering', 'tags'];

/** The unary methods of `google.pubsub.v1.Subscriber` on a broker. */
export function subscriberMethods(broker: Broker): {
  [M in keyof SubscriberRequests]: Handle<SubscriberRequests[M], object>;
} {
  return {
    CreateSubscription: (request) => broker.createSubscription(request),
    GetSubscription: ({ subscription }) => broker.subscription(subscription).config,
    UpdateSubscription({ subscription, updateMask }) {
      if (!subscription) throw invalidArgument('The request has no subscription.');
      return broker.updateSubscription(subscription.name, maskedFields(subscription, updateMask, IMMUTABLE));
    },
    ListSubscriptions({ project, ...request }) {
      const names = [...broker.subscriptions.keys()].filter((name) => name.startsWith(`${project}/subscriptions/`));
      const { items, nextPageToken } = paginate(names, request);
      return { subscriptions: items.map((name) => broker.subscription(name).config), nextPageToken };
    },
    DeleteSubscription({ subscription }) {
      broker.deleteSubscription(subscription);
      return {};
    },
    ModifyPushConfig({ subscription, pushConfig }) {
      broker.updateSubscription(subscription, { pushConfig });
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
