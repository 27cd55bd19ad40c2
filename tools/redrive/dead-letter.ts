import { createHash } from 'node:crypto';

/** A message as it is published again. */
export interface OriginalMessage {
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
}

/** A message of the dead-letter subscription. All times are Pub/Sub's own. */
export interface DeadLetter {
  readonly ackId: string;
  /** Of the dead-lettered copy; the same however often it is pulled. */
  readonly messageId: string;
  readonly deadLetteredAt: Date;
  /** Without what Pub/Sub added. */
  readonly original: OriginalMessage;
  /** What Pub/Sub says of its past; undefined where the message was not dead-lettered by Pub/Sub. */
  readonly source: {
    readonly subscription: string | undefined;
    /** Failed deliveries. */
    readonly attempts: string | undefined;
    readonly publishedAt: Date | undefined;
  };
}

/** The part of `google.pubsub.v1.ReceivedMessage` that is read. */
export interface ReceivedMessage {
  readonly ackId?: string | null;
  readonly message?: {
    readonly messageId?: string | null;
    readonly data?: Uint8Array | string | null;
    readonly attributes?: Record<string, string> | null;
    readonly orderingKey?: string | null;
    readonly publishTime?: { readonly seconds?: unknown; readonly nanos?: number | null } | null;
  } | null;
}

/**
 * Added by Pub/Sub when it dead-letters:
 * https://cloud.google.com/pubsub/docs/dead-letter-topics#track-delivery-attempts
 */
const ADDED = 'CloudPubSubDeadLetter';

/** Reads what a pull gave. */
export function readDeadLetter({ ackId, message }: ReceivedMessage): DeadLetter {
  const attributes = message?.attributes ?? {};
  const { seconds, nanos } = message?.publishTime ?? {};
  return {
    ackId: ackId ?? '',
    messageId: message?.messageId ?? '',
    deadLetteredAt: new Date(Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6),
    original: {
      data: typeof message?.data === 'string' ? Buffer.from(message.data, 'base64') : (message?.data ?? Buffer.of()),
      attributes: Object.fromEntries(Object.entries(attributes).filter(([key]) => !key.startsWith(ADDED))),
      orderingKey: message?.orderingKey ?? '',
    },
    source: {
      subscription: attributes[`${ADDED}SourceSubscription`],
      attempts: attributes[`${ADDED}SourceDeliveryCount`],
      publishedAt: toDate(attributes[`${ADDED}SourceTopicPublishTime`]),
    },
  };
}

/** How a person recognises a message: by its `webhookId`, else by its message id. */
export function nameOf({ original, messageId }: DeadLetter): string {
  return original.attributes['webhookId'] ?? `message ${messageId}`;
}

/** The same for messages with the same content: a message that was published again has no other mark. */
export function fingerprint({ data, attributes, orderingKey }: OriginalMessage): string {
  const rest = JSON.stringify([Object.entries(attributes).sort(), orderingKey]);
  return createHash('sha256').update(rest).update(data).digest('base64');
}

function toDate(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
