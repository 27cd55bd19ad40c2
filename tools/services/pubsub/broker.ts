import { alreadyExists, notFound } from '../grpc/rpc-error.ts';
import type { BackoffGrowth } from './backoff.ts';
import type { EventSink } from './events.ts';
import type { Lease } from './lease.ts';
import type { Message, MessageInput } from './message.ts';
import { checkMessages } from './message.ts';
import { Pusher } from './push.ts';
import type { SubscriptionConfig, TopicConfig } from './resource.ts';
import { checkName, checkSubscription, checkTopic } from './resource.ts';
import { Subscription } from './subscription.ts';

/** How the emulator behaves; see `startPubSubEmulator`. */
export interface BrokerOptions {
  timeScale: number;
  ackDeadlineScale: number;
  backoff: BackoffGrowth;
  maxConcurrentPushes: number;
  onEvent: EventSink;
}

interface Topic {
  config: TopicConfig;
  /** Every message ever published here, oldest first. */
  log: Message[];
}

/** What Pub/Sub calls the topic of a subscription whose topic was deleted. */
const DELETED_TOPIC = '_deleted-topic_';

/** Topics, subscriptions and the way of a message from one to the other. All errors are `RpcError`. */
export class Broker {
  readonly topics = new Map<string, Topic>();
  readonly subscriptions = new Map<string, Subscription>();
  readonly #options: BrokerOptions;
  // Starts at the clock so that ids do not come again after a restart.
  #lastId = BigInt(Date.now()) * 1_000n;

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  createTopic(given: TopicConfig): TopicConfig {
    const config = checkTopic(given);
    if (this.topics.has(config.name)) throw alreadyExists(config.name);
    this.topics.set(config.name, { config, log: [] });
    return config;
  }

  topic(name: string): Topic {
    checkName(name, 'topics');
    const topic = this.topics.get(name);
    if (!topic) throw notFound(name);
    return topic;
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
    for (const subscription of this.subscriptions.values()) {
      if (subscription.config.topic === name) subscription.configure({ ...subscription.config, topic: DELETED_TOPIC });
    }
  }

  createSubscription(given: SubscriptionConfig): SubscriptionConfig {
    const config = checkSubscription(given);
    if (this.subscriptions.has(config.name)) throw alreadyExists(config.name);
    this.topic(config.topic);
    if (config.deadLetterPolicy) this.topic(config.deadLetterPolicy.deadLetterTopic);
    const { timeScale, ackDeadlineScale, backoff, maxConcurrentPushes, onEvent } = this.#options;
    const subscription = new Subscription(config, {
      timeScale,
      ackDeadlineScale,
      backoff,
      settled: ({ message, attempt, leasedAt: startedAt }, acknowledged, answer, redeliveredAfterMs) =>
        onEvent({
          type: 'delivered',
          subscription: config.name,
          message,
          attempt,
          acknowledged,
          answer,
          startedAt,
          ...(redeliveredAfterMs !== undefined && { redeliveredAfterMs }),
        }),
      deadLetter: (lease) => this.#deadLetter(lease, subscription),
    });
    this.subscriptions.set(config.name, subscription);
    subscription.attach(new Pusher(subscription, maxConcurrentPushes, ackDeadlineScale));
    return config;
  }

  subscription(name: string): Subscription {
    checkName(name, 'subscriptions');
    const subscription = this.subscriptions.get(name);
    if (!subscription) throw notFound(name);
    return subscription;
  }

  /** Replaces the settings that are given. */
  updateSubscription(name: string, changes: Partial<SubscriptionConfig>): SubscriptionConfig {
    const subscription = this.subscription(name);
    const config = checkSubscription({ ...subscription.config, ...changes });
    if (config.deadLetterPolicy) this.topic(config.deadLetterPolicy.deadLetterTopic);
    subscription.configure(config);
    return config;
  }

  deleteSubscription(name: string): void {
    const subscription = this.subscription(name);
    this.subscriptions.delete(name);
    subscription.close();
  }

  /** Returns the ids, in the order of the messages. All are accepted or none. */
  publish(topic: string, messages: readonly MessageInput[]): string[] {
    this.topic(topic);
    checkMessages(messages);
    return messages.map((message) => this.#accept(topic, message));
  }

  close(): void {
    for (const subscription of this.subscriptions.values()) subscription.close();
  }

  #accept(topic: string, { data = '', attributes = {}, orderingKey = '' }: MessageInput): string {
    this.#lastId += 1n;
    const message: Message = {
      messageId: String(this.#lastId),
      publishTime: new Date(),
      data: Buffer.from(data),
      attributes: { ...attributes },
      orderingKey,
    };
    this.topic(topic).log.push(message);
    this.#options.onEvent({ type: 'published', topic, message });
    for (const [name, subscription] of this.subscriptions) {
      if (subscription.config.topic !== topic || subscription.offer(message)) continue;
      this.#options.onEvent({
        type: 'filtered',
        subscription: name,
        filter: subscription.config.filter ?? '',
        message,
      });
    }
    return message.messageId;
  }

  #deadLetter({ message, attempt }: Lease, { config }: Subscription): boolean {
    const topic = config.deadLetterPolicy?.deadLetterTopic ?? '';
    if (!this.topics.has(topic)) return false;
    const [, project = '', , id = ''] = config.name.split('/');
    this.#options.onEvent({
      type: 'deadLettered',
      subscription: config.name,
      deadLetterTopic: topic,
      message,
      attempts: attempt,
    });
    this.#accept(topic, {
      data: message.data,
      orderingKey: message.orderingKey,
      attributes: {
        ...message.attributes,
        CloudPubSubDeadLetterSourceDeliveryCount: String(attempt),
        CloudPubSubDeadLetterSourceSubscription: id,
        CloudPubSubDeadLetterSourceSubscriptionProject: project,
        CloudPubSubDeadLetterSourceTopicPublishTime: message.publishTime.toISOString().replace('Z', '+00:00'),
      },
    });
    return true;
  }
}
