import type { EmulatorEvent } from '../services/pubsub/events.ts';
import type { Message } from '../services/pubsub/message.ts';
import { lineKey, type PlannedEvent } from './event-plan.ts';

/** What a caller sees of a request: the status, or a word for why there was none. */
export type Answer = number | 'cut' | 'timeout';

/** What became of an event. */
export type EventRecord = ReturnType<typeof planned>;
const planned = (event: PlannedEvent) => ({
  event,
  attempts: 0,
  /** True once an attempt was answered with 2xx and the sender saw it. */
  accepted: false,
  /** Statuses that the sender saw, each once. */
  statuses: new Set<number>(),
  messageIds: [] as string[],
});

/** A delivery attempt of a message, which may reach the subscriber twice, and what was written about it. */
export type DeliveryRecord = ReturnType<typeof delivered>;
const delivered = (messageId: string) => ({
  messageId,
  forwarded: 0,
  answers: [] as Answer[],
  lines: [] as WrittenLine[],
});

/** A line about a message, as far as it is checked. */
export interface WrittenLine {
  /** As `lineKey` names it. */
  readonly key: string;
  readonly webhookId: string;
  readonly messageId: string;
  readonly insertId: string | undefined;
  /** JSON. */
  readonly timestamp: string;
}

/** Everything that happened, for the checks at the end. */
export class Ledger {
  readonly events = new Map<string, EventRecord>();
  /** By id, everything that Pub/Sub ever had on the topic. */
  readonly messages = new Map<string, Message>();
  readonly deadLettered = new Set<string>();
  readonly acknowledged = new Set<string>();
  readonly deliveries = new Map<string, DeliveryRecord>();
  /** What was found wrong on the way. */
  readonly violations: string[] = [];
  /** How often each answer was given to a forgery. */
  readonly forgeryAnswers = new Map<Answer, number>();
  /** Crashes of a function in this process. */
  crashes = 0;
  /** Milliseconds from the end of a request's budget, when work on it stops, to the latest answer. */
  latestMs = 0;

  plan(event: PlannedEvent): EventRecord {
    const record = planned(event);
    this.events.set(event.id, record);
    return record;
  }

  /** What the emulator tells of the topic `topic`. */
  observe(event: EmulatorEvent, topic: string): void {
    const { message } = event;
    const { messageId, attributes } = message;
    if (event.type === 'deadLettered') this.deadLettered.add(messageId);
    if (event.type === 'delivered' && event.acknowledged) this.acknowledged.add(messageId);
    if (event.type !== 'published' || event.topic !== topic) return;
    this.messages.set(messageId, message);
    this.events.get(attributes['webhookId'] ?? '')?.messageIds.push(messageId);
  }

  delivery(messageId: string, attempt: number): DeliveryRecord {
    const key = `${messageId}/${attempt}`;
    const record = this.deliveries.get(key) ?? delivered(messageId);
    this.deliveries.set(key, record);
    return record;
  }

  /** Takes a line as it was written. What is not about a message (of the process itself, or of the webhook) passes. */
  written(json: string): void {
    const { message, timestamp: time = null, metadata, 'logging.googleapis.com/insertId': insertId } = JSON.parse(json);
    const { outcome, webhookId = '', messageId, deliveryAttempt = 0 } = metadata;
    if (outcome === undefined || messageId === undefined) return;
    const [key, timestamp] = [lineKey(outcome, message), JSON.stringify(time)];
    this.delivery(messageId, deliveryAttempt).lines.push({ key, webhookId, messageId, insertId, timestamp });
  }
}
