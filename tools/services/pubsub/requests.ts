import type { MessageInput, PubsubMessage } from './message.ts';
import type { PushConfig, SubscriptionConfig, TopicConfig } from './resource.ts';
import type { FieldMask } from './update-mask.ts';

/** One page of a list; an empty token asks for the first. */
export interface PageRequest {
  /** 0 lets the server choose. */
  pageSize: number;
  pageToken: string;
}

/** A first message that opens a streaming pull, or a later one that acknowledges and extends. */
export interface StreamingPullRequest {
  subscription: string;
  ackIds: string[];
  modifyDeadlineSeconds: number[];
  modifyDeadlineAckIds: string[];
  streamAckDeadlineSeconds: number;
  /** 0 or less: no limit. */
  maxOutstandingMessages: number;
  maxOutstandingBytes: number;
}

/** The methods of `google.pubsub.v1.Publisher` that are built, and their requests as they are decoded. */
export interface PublisherRequests {
  CreateTopic: TopicConfig;
  GetTopic: { topic: string };
  UpdateTopic: { topic: TopicConfig | null; updateMask: FieldMask | null };
  ListTopics: { project: string } & PageRequest;
  ListTopicSubscriptions: { topic: string } & PageRequest;
  DeleteTopic: { topic: string };
  Publish: { topic: string; messages: MessageInput[] };
}

/** The unary methods of `google.pubsub.v1.Subscriber` that are built, and their requests as they are decoded. */
export interface SubscriberRequests {
  CreateSubscription: SubscriptionConfig;
  GetSubscription: { subscription: string };
  UpdateSubscription: { subscription: SubscriptionConfig | null; updateMask: FieldMask | null };
  ListSubscriptions: { project: string } & PageRequest;
  DeleteSubscription: { subscription: string };
  ModifyPushConfig: { subscription: string; pushConfig: PushConfig | null };
  ModifyAckDeadline: { subscription: string; ackIds: string[]; ackDeadlineSeconds: number };
  Acknowledge: { subscription: string; ackIds: string[] };
  Pull: { subscription: string; returnImmediately: boolean; maxMessages: number };
}

/** Every method that is built; of a streaming pull, its first request. */
export interface PubSubRequests extends PublisherRequests, SubscriberRequests {
  StreamingPull: StreamingPullRequest;
}

/** `google.pubsub.v1.ReceivedMessage`. */
export interface ReceivedMessage {
  ackId: string;
  message: PubsubMessage;
  /** 0 where the subscription has no dead-letter policy. */
  deliveryAttempt: number;
}
