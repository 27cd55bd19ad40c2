import { notFound } from '../grpc/rpc-error.ts';
import type { Behaviour } from './events.ts';
import { acceptMessages, type Message, type MessageInput } from './message.ts';
import { checkName, type TopicConfig } from './resource.ts';
import type { Subscription } from './subscription.ts';

interface Topic {
  config: TopicConfig;
  /** Every message ever published here, oldest first. */
  readonly log: Message[];
}

/** Topics, subscriptions and the way of a message from one to the other. All errors are `RpcError`. */
export class Broker {
  readonly topics = new Map<string, Topic>();
  readonly subscriptions = new Map<string, Subscription>();
  readonly behaviour: Behaviour;

  constructor(behaviour: Behaviour) {
    this.behaviour = behaviour;
  }

  topic(name: string): Topic {
    return find(this.topics, 'topics', name);
  }

  subscription(name: string): Subscription {
    return find(this.subscriptions, 'subscriptions', name);
  }

  /** Returns the message ids, in the order of the messages. All are accepted or none. */
  publish(topic: string, ...given: readonly MessageInput[]): string[] {
    const { log } = this.topic(topic);
    const messages = acceptMessages(given);
    for (const message of messages) {
      log.push(message);
      this.behaviour.onEvent({ type: 'published', topic, message });
      for (const { config } of this.attached(topic).filter((subscription) => !subscription.offer(message))) {
        this.behaviour.onEvent({ type: 'filtered', subscription: config.name, filter: config.filter ?? '', message });
      }
    }
    return messages.map(({ messageId }) => messageId);
  }

  /** Every message ever published to the topic, oldest first; a live view. */
  published(topic: string): readonly Message[] {
    return this.topic(topic).log;
  }

  /** Messages the subscription has not got acknowledged yet. */
  backlog(subscription: string): number {
    return this.subscription(subscription).backlog;
  }

  /** The subscriptions of a topic. */
  attached(topic: string): Subscription[] {
    return [...this.subscriptions.values()].filter(({ config }) => config.topic === topic);
  }

  /** Publishes what has used up its attempts to the dead-letter topic; false if there is none. */
  deadLetter({ config: { name, deadLetterPolicy } }: Subscription, message: Message, attempts: number): boolean {
    const deadLetterTopic = deadLetterPolicy?.deadLetterTopic ?? '';
    if (!this.topics.has(deadLetterTopic)) return false;
    const [, project = '', , id = ''] = name.split('/');
    this.behaviour.onEvent({ type: 'deadLettered', subscription: name, deadLetterTopic, message, attempts });
    const attributes = {
      ...message.attributes,
      CloudPubSubDeadLetterSourceDeliveryCount: String(attempts),
      CloudPubSubDeadLetterSourceSubscription: id,
      CloudPubSubDeadLetterSourceSubscriptionProject: project,
      CloudPubSubDeadLetterSourceTopicPublishTime: message.publishTime.toISOString().replace('Z', '+00:00'),
    };
    this.publish(deadLetterTopic, { data: message.data, orderingKey: message.orderingKey, attributes });
    return true;
  }
}

function find<Resource>(
  resources: ReadonlyMap<string, Resource>,
  collection: 'topics' | 'subscriptions',
  name: string,
): Resource {
  checkName(name, collection);
  const found = resources.get(name);
  if (!found) throw notFound(name);
  return found;
}
