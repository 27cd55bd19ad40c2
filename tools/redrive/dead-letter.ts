import { createHash } from 'node:crypto';
import type { protos } from '@google-cloud/pubsub';

/** A message of the dead-letter subscription. All times are Pub/Sub's own. */
export type DeadLetter = ReturnType<typeof readDeadLetter>;

/**
 * Added by Pub/Sub when it dead-letters:
 * https://cloud.google.com/pubsub/docs/dead-letter-topics#track-delivery-attempts
 */
const ADDED = 'CloudPubSubDeadLetterSource';

/** Reads what a pull gave. */
export function readDeadLetter({ ackId, message }: protos.google.pubsub.v1.IReceivedMessage) {
  const attributes = message?.attributes ?? {};
  const { seconds, nanos } = message?.publishTime ?? {};
  return {
    ackId: ackId ?? '',
    /** Of the dead-lettered copy; the same however often it is pulled. */
    messageId: message?.messageId ?? '',
    deadLetteredAt: new Date(Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6),
    /** The message as it is published again: without what Pub/Sub added. */
    original: {
      data: Buffer.from(message?.data ?? ''),
      attributes: Object.fromEntries(Object.entries(attributes).filter(([key]) => !key.startsWith(ADDED))),
      orderingKey: message?.orderingKey ?? '',
    },
    /** What Pub/Sub says of its past; undefined where the message was not dead-lettered by Pub/Sub. */
    source: {
      subscription: attributes[`${ADDED}Subscription`],
      attempts: attributes[`${ADDED}DeliveryCount`],
      publishedAt: toDate(attributes[`${ADDED}TopicPublishTime`]),
    },
  };
}

/** How a person recognises a message: by its `webhookId`, else by its message id. */
export function nameOf({ original, messageId }: DeadLetter): string {
  return original.attributes['webhookId'] ?? `message ${messageId}`;
}

/** The same for messages with the same content: a message that was published again has no other mark. */
export function fingerprint({ original: { data, attributes, orderingKey } }: DeadLetter): string {
  const rest = JSON.stringify([Object.entries(attributes).sort(), orderingKey]);
  return createHash('sha256').update(rest).update(data).digest('base64');
}

function toDate(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
