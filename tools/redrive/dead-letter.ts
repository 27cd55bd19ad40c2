/** A message as it is published again. */
export interface Message {
  readonly data: Uint8Array;
  readonly attributes: Record<string, string>;
  readonly orderingKey: string;
}

/** A dead-lettered message that was taken from its subscription. */
export interface DeadLetter {
  readonly ackId: string;
  /** Of the dead-lettered copy; stays the same however often it is taken. */
  readonly messageId: string;
  /** When it was dead-lettered. */
  readonly publishedAt: Date;
  /** The original, without what Pub/Sub added. */
  readonly message: Message;
  /** What Pub/Sub says of its past; undefined where the message was not dead-lettered by Pub/Sub. */
  readonly source: {
    readonly subscription: string | undefined;
    /** Failed deliveries. */
    readonly attempts: string | undefined;
    /** When it was published first. */
    readonly publishedAt: Date | undefined;
  };
}

/** The part of `google.pubsub.v1.ReceivedMessage` that is read. */
export interface Received {
  readonly ackId?: string | null;
  readonly message?: {
    readonly messageId?: string | null;
    readonly data?: Uint8Array | string | null;
    readonly attributes?: Record<string, string> | null;
    readonly orderingKey?: string | null;
    readonly publishTime?: { readonly seconds?: unknown; readonly nanos?: number | null } | null;
  } | null;
}

/** Added by Pub/Sub when it dead-letters: https://cloud.google.com/pubsub/docs/dead-letter-topics#track-delivery-attempts */
const DEAD_LETTER = 'CloudPubSubDeadLetter';
/** Added by Google's client libraries for tracing; Pub/Sub refuses to take attributes that begin with `goog`. */
const CLIENT = 'googclient_';

/** Reads what a pull gave. */
export function readDeadLetter({ ackId, message }: Received): DeadLetter {
  const attributes = message?.attributes ?? {};
  return {
    ackId: ackId ?? '',
    messageId: message?.messageId ?? '',
    publishedAt: new Date(Number(message?.publishTime?.seconds ?? 0) * 1000 + (message?.publishTime?.nanos ?? 0) / 1e6),
    message: {
      data:
        typeof message?.data === 'string' ? Buffer.from(message.data, 'base64') : (message?.data ?? new Uint8Array()),
      attributes: originalAttributes(attributes),
      orderingKey: message?.orderingKey ?? '',
    },
    source: {
      subscription: attributes[`${DEAD_LETTER}SourceSubscription`],
      attempts: attributes[`${DEAD_LETTER}SourceDeliveryCount`],
      publishedAt: toDate(attributes[`${DEAD_LETTER}SourceTopicPublishTime`]),
    },
  };
}

/** How a person recognises a message: by its `webhookId`, else by its message id. */
export function nameOf({ message, messageId }: DeadLetter): string {
  return message.attributes['webhookId'] ?? `message ${messageId}`;
}

function originalAttributes(attributes: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).filter(([key]) => !key.startsWith(DEAD_LETTER) && !key.startsWith(CLIENT)),
  );
}

function toDate(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
