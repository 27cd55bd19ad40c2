import { alreadyExists, notFound } from '../grpc/rpc-error.ts';
import type { Behaviour } from './events.ts';
import { acceptMessages, type Message, type MessageInput } from './message.ts';
import { push } from './push.ts';
import {
  type CheckedSubscription,
  checkName,
  checkSubscription,
  checkTopic,
  type SubscriptionConfig,
  type TopicConfig,
} from './resource.ts';
import { Subscription } from './subscription.ts';

interface Topic {
  config: TopicConfig;
  /** Every message ever published here, oldest first. */
  readonly log: Message[];
}

/** What Pub/Sub calls the topic of a subscription whose topic was deleted. */
const DELETED_TOPIC = '_deleted-topic_';

/** Topics, subscriptions and the way of a message from one to the other. All errors are `RpcError`. */
export class Broker {
  readonly topics = new Map<string, Topic>();
  readonly subscriptions = new Map<string, Subscription>();
  readonly #behaviour: Behaviour;
  // Starts at the clock so that ids do not come again after a restart.
  #lastId = BigInt(Date.now()) * 1_000n;

  constructor(behaviour: Behaviour) {
    this.#behaviour = behaviour;
  }

  createTopic(given: TopicConfig): TopicConfig {
    const config = checkTopic(given);
    if (this.topics.has(config.name)) throw alreadyExists(config.name);
    this.topics.set(config.name, { config, log: [] });
    return config;
  }

  topic(name: string): Topic {
    return find(this.topics, 'topics', name);
  }

  /** Replaces the settings that are given. */
  updateTopic(name: string, changes: Partial<TopicConfig>): TopicConfig {
    const topic = this.topic(name);
    topic.config = checkTopic({ ...topic.config, ...changes });
    return topic.config;
  }

  /** Its subscriptions stay, with their messages. */
  deleteTopic(name: string): void {
    this.topic(name);
    this.topics.delete(name);
    for (const subscription of this.attached(name)) {
      subscription.configure({ ...subscription.config, topic: DELETED_TOPIC });
    }
  }

  createSubscription(given: SubscriptionConfig): SubscriptionConfig {
    const config = this.#check(given);
    if (this.subscriptions.has(config.name)) throw alreadyExists(config.name);
    this.topic(config.topic);
    const subscription = new Subscription(config, this.#behaviour, (message, attempts) =>
      this.#deadLetter(subscription.config, message, attempts),
    );
    this.subscriptions.set(config.name, subscription);
    void push(subscription, this.#behaviour.ackDeadlineScale);
    return config;
  }

  subscription(name: string): Subscription {
    return find(this.subscriptions, 'subscriptions', name);
  }

  /** Replaces the settings that are given. */
  updateSubscription(name: string, changes: Partial<SubscriptionConfig>): SubscriptionConfig {
    const subscription = this.subscription(name);
    subscription.configure(this.#check({ ...subscription.config, ...changes }));
    return subscription.config;
  }

  deleteSubscription(name: string): void {
    const subscription = this.subscription(name);
    this.subscriptions.delete(name);
    subscription.close();
  }

  /** Returns the message ids, in the order of the messages. All are accepted or none. */
  publish(topic: string, ...given: readonly MessageInput[]): string[] {
    const { log } = this.topic(topic);
    const messages = acceptMessages(given, () => {
      this.#lastId += 1n;
      return String(this.#lastId);
    });
    for (const message of messages) {
      log.push(message);
      this.#behaviour.onEvent({ type: 'published', topic, message });
      for (const { config } of this.attached(topic).filter((subscription) => !subscription.offer(message))) {
        this.#behaviour.onEvent({ type: 'filtered', subscription: config.name, filter: config.filter ?? '', message });
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

  #check(given: SubscriptionConfig): CheckedSubscription {
    const config = checkSubscription(given);
    if (config.deadLetterPolicy) this.topic(config.deadLetterPolicy.deadLetterTopic);
    return config;
  }

  /** The subscriptions of a topic. */
  attached(topic: string): Subscription[] {
    return [...this.subscriptions.values()].filter(({ config }) => config.topic === topic);
  }

  #deadLetter({ name, deadLetterPolicy }: CheckedSubscription, message: Message, attempts: number): boolean {
    const deadLetterTopic = deadLetterPolicy?.deadLetterTopic ?? '';
    if (!this.topics.has(deadLetterTopic)) return false;
    const [, project = '', , id = ''] = name.split('/');
    this.#behaviour.onEvent({ type: 'deadLettered', subscription: name, deadLetterTopic, message, attempts });
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
