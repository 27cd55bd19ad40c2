import type { Message } from './message.ts';

/** What a subscriber made of one delivery: an HTTP status, a network error's code, or what a puller did. */
export type DeliveryResult = number | string;

/** Something that happened to a message, for a display or a test. */
export type EmulatorEvent =
  | { type: 'published'; topic: string; message: Message }
  | {
      type: 'delivered';
      subscription: string;
      message: Message;
      /** 1 for the first delivery. */
      attempt: number;
      acknowledged: boolean;
      answer: DeliveryResult;
      /** When it was handed to the subscriber. */
      startedAt: Date;
      /** Milliseconds until the next delivery; undefined where none follows. */
      redeliveredAfterMs?: number;
    }
  /** The subscription's filter dropped it, which counts as acknowledged. */
  | { type: 'filtered'; subscription: string; filter: string; message: Message }
  | { type: 'deadLettered'; subscription: string; deadLetterTopic: string; message: Message; attempts: number };

/** Gets every event, in order. Must not throw. */
export type EventSink = (event: EmulatorEvent) => void;
