import type { BackoffGrowth } from './backoff.ts';
import type { Message } from './message.ts';

/** What a subscriber made of one delivery: an HTTP status, a network error's code, or what a puller did. */
export type DeliveryResult = number | string;

/** One delivery of a message, once it has ended. */
export interface DeliveredEvent {
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

/** Something that happened to a message, for a display or a test. */
export type EmulatorEvent =
  | { type: 'published'; topic: string; message: Message }
  | DeliveredEvent
  /** The subscription's filter dropped it, which counts as acknowledged. */
  | { type: 'filtered'; subscription: string; filter: string; message: Message }
  | { type: 'deadLettered'; subscription: string; deadLetterTopic: string; message: Message; attempts: number };

/** Gets every event, in order. Must not throw. */
export type EventSink = (event: EmulatorEvent) => void;

/** How the emulator behaves. */
export interface Behaviour {
  /** Factor on redelivery backoffs: 0.01 turns 10 s into 100 ms. Default 1. */
  readonly timeScale: number;
  /**
   * Factor on ack deadlines, the time limit of a push included. Clients extend leases by their own
   * clock. Default 1.
   */
  readonly ackDeadlineScale: number;
  /** How redelivery backoffs grow. Default as on Google's emulator: about 1.3 times, with jitter. */
  readonly backoff: BackoffGrowth;
  readonly onEvent: EventSink;
}
