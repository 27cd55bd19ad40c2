import { invalidArgument } from '../grpc/rpc-error.ts';
import type { Timestamp } from './time.ts';
import { toTimestamp } from './time.ts';

/** A message as a publisher hands it in. Strings count as UTF-8. */
export interface MessageInput {
  data?: Uint8Array | string;
  attributes?: Record<string, string>;
  orderingKey?: string;
}

/** A message that the emulator has accepted. */
export interface Message {
  /** Decimal digits, unique over all topics of one emulator. */
  messageId: string;
  publishTime: Date;
  data: Buffer;
  attributes: Record<string, string>;
  orderingKey: string;
}

/** `google.pubsub.v1.PubsubMessage` as the client decodes it. */
export interface WireMessage {
  data: Buffer;
  attributes: Record<string, string>;
  messageId: string;
  publishTime: Timestamp;
  orderingKey: string;
}

// https://cloud.google.com/pubsub/quotas#resource_limits
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;
const MAX_MESSAGES = 1_000;
const MAX_ATTRIBUTES = 100;
const MAX_KEY_BYTES = 256;
const MAX_VALUE_BYTES = 1_024;
const MAX_ORDERING_KEY_BYTES = 1_024;

/**
 * Holds a publish request against Pub/Sub's limits.
 *
 * @throws RpcError INVALID_ARGUMENT naming the limit that is broken
 */
export function checkMessages(messages: readonly MessageInput[]): void {
  if (messages.length === 0) throw invalidArgument('The request contains no messages.');
  if (messages.length > MAX_MESSAGES) {
    throw invalidArgument(`The value for message_count is too large. You passed ${messages.length}; at most 1000.`);
  }
  let total = 0;
  for (const message of messages) total += checkMessage(message);
  if (total > MAX_REQUEST_BYTES) {
    throw invalidArgument(`Request payload size exceeds the limit: ${MAX_REQUEST_BYTES} bytes.`);
  }
}

/** Returns the bytes that count towards the request's limit: data, attributes and ordering key. */
function checkMessage({ data = '', attributes = {}, orderingKey = '' }: MessageInput): number {
  const entries = Object.entries(attributes);
  if (data.length === 0 && entries.length === 0) {
    throw invalidArgument('One or more messages in the publish request is empty: give data or at least one attribute.');
  }
  if (entries.length > MAX_ATTRIBUTES) throw invalidArgument(`At most ${MAX_ATTRIBUTES} attributes per message.`);
  let bytes = Buffer.byteLength(data) + Buffer.byteLength(orderingKey);
  for (const [key, value] of entries) {
    const keyBytes = Buffer.byteLength(key);
    const valueBytes = Buffer.byteLength(value);
    if (keyBytes === 0) throw invalidArgument('An attribute key is empty.');
    if (keyBytes > MAX_KEY_BYTES)
      throw invalidArgument(`The attribute key is too long: at most ${MAX_KEY_BYTES} bytes.`);
    if (key.startsWith('goog')) throw invalidArgument('Attribute keys that begin with "goog" are reserved.');
    if (valueBytes > MAX_VALUE_BYTES) {
      throw invalidArgument(`The value of attribute ${key} is too long: at most ${MAX_VALUE_BYTES} bytes.`);
    }
    bytes += keyBytes + valueBytes;
  }
  if (Buffer.byteLength(orderingKey) > MAX_ORDERING_KEY_BYTES) {
    throw invalidArgument(`The ordering key is too long: at most ${MAX_ORDERING_KEY_BYTES} bytes.`);
  }
  return bytes;
}

/** The message as pull and streaming pull send it. */
export function toWire({ messageId, publishTime, data, attributes, orderingKey }: Message): WireMessage {
  return { data, attributes, messageId, publishTime: toTimestamp(publishTime), orderingKey };
}
