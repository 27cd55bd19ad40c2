import type { EmulatorEvent } from '../services/pubsub/events.ts';
import { FORGED, lineKey, type PlannedEvent, POISON } from './event-plan.ts';

/** What became of one event. */
export interface EventRecord {
  readonly event: PlannedEvent;
  attempts: number;
  /** True once an attempt was answered with 2xx and the sender saw it. */
  accepted: boolean;
  replays: number;
  /** Statuses that the sender saw, each once. */
  readonly statuses: Set<number>;
  readonly messageIds: string[];
}

/** One delivery attempt of one message, and what was written about it. */
export interface DeliveryRecord {
  readonly messageId: string;
  forwarded: number;
  readonly statuses: number[];
  readonly lines: string[];
}

/** A line that must be visible once in Cloud Logging. */
export interface Visible {
  readonly webhookId: string;
  readonly key: string;
  readonly insertIds: Set<string>;
  /** By message: an event that was published twice has two. */
  readonly timestamps: Map<string, Set<string>>;
}

/** A line of the subscriber as it was written. */
export interface LeadLine {
  readonly message: string;
  readonly 'logging.googleapis.com/insertId'?: string;
  readonly timestamp?: unknown;
  readonly metadata: {
    readonly outcome?: string;
    readonly webhookId?: string;
    readonly messageId?: string;
    readonly deliveryAttempt?: number;
  };
}

/** Everything that happened, for the checks at the end. */
export class Ledger {
  readonly events = new Map<string, EventRecord>();
  /** Message id to webhook id, everything that Pub/Sub ever had on the topic. */
  readonly published = new Map<string, string>();
  readonly deadLettered = new Set<string>();
  readonly acknowledged = new Set<string>();
  /** Messages that somebody else put on the topic, and that are none of ours. */
  readonly poison = new Set<string>();
  /** Messages that carry what only a forgery had in it. */
  readonly forged: string[] = [];
  readonly deliveries = new Map<string, DeliveryRecord>();
  readonly visible = new Map<string, Visible>();
  /** What was found wrong on the way. */
  readonly violations: string[] = [];
  /** How often each answer was given to a forgery. */
  readonly forgeryAnswers = new Map<number | string, number>();
  /** Crashes of a function in this process. */
  crashes = 0;

  plan(event: PlannedEvent): EventRecord {
    const record = { event, attempts: 0, accepted: false, replays: 0, statuses: new Set<number>(), messageIds: [] };
    this.events.set(event.id, record);
    return record;
  }

  /** What the emulator tells of the topic `topic`. */
  observe(event: EmulatorEvent, topic: string): void {
    const { messageId, attributes, data } = event.message;
    if (event.type === 'deadLettered') this.deadLettered.add(messageId);
    if (event.type === 'delivered' && event.acknowledged) this.acknowledged.add(messageId);
    if (event.type !== 'published' || event.topic !== topic) return;
    const webhookId = attributes['webhookId'] ?? '';
    this.published.set(messageId, webhookId);
    this.events.get(webhookId)?.messageIds.push(messageId);
    if (attributes[POISON] !== undefined) this.poison.add(messageId);
    if (data.includes(FORGED)) this.forged.push(messageId);
  }

  delivery(messageId: string, attempt: number): DeliveryRecord {
    const key = `${messageId}/${attempt}`;
    const record = this.deliveries.get(key) ?? { messageId, forwarded: 0, statuses: [], lines: [] };
    this.deliveries.set(key, record);
    return record;
  }

  /** Takes a line that the subscriber wrote about a message; others (of the process itself) pass. */
  written({ message, timestamp, metadata, ...line }: LeadLine): void {
    const { outcome, webhookId = '', messageId, deliveryAttempt } = metadata;
    if (outcome === undefined || messageId === undefined) return;
    const key = lineKey(outcome, message);
    this.delivery(messageId, deliveryAttempt ?? 0).lines.push(key);
    if (outcome !== 'lead_without_role') return;
    const name = `${webhookId} ${key}`;
    const seen = this.visible.get(name) ?? { webhookId, key, insertIds: new Set(), timestamps: new Map() };
    seen.insertIds.add(line['logging.googleapis.com/insertId'] ?? 'none');
    const timestamps = seen.timestamps.get(messageId) ?? new Set();
    seen.timestamps.set(messageId, timestamps.add(JSON.stringify(timestamp ?? null)));
    this.visible.set(name, seen);
  }
}
