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
export interface PubsubMessage {
  data: Buffer;
  attributes: Record<string, string>;
  messageId: string;
  publishTime: Timestamp;
  orderingKey: string;
}

// https://cloud.google.com/pubsub/quotas#resource_limits
const MAX_MESSAGES = 1_000;
const MAX_ATTRIBUTES = 100;
const MAX_KEY_BYTES = 256;
const MAX_VALUE_BYTES = 1_024;
const MAX_ORDERING_KEY_BYTES = 1_024;
// Except for Google's own clients: with tracing they add googclient_traceparent when they publish.
const RESERVED_KEY = /^goog(?!client_)/;

/**
 * Checks messages against Pub/Sub's limits; the size of a request is the server's affair.
 *
 * @throws RpcError INVALID_ARGUMENT naming the limit that is broken
 */
export function checkMessages(messages: readonly MessageInput[]): void {
  if (messages.length === 0) throw invalidArgument('The request contains no messages.');
  if (messages.length > MAX_MESSAGES) {
    throw invalidArgument(`The value for message_count is too large. You passed ${messages.length}; at most 1000.`);
  }
  for (const message of messages) checkMessage(message);
}

/** Bytes of a message as far as they are its publisher's: data, attributes and ordering key. */
export function messageBytes({ data, attributes, orderingKey }: Message): number {
  let bytes = data.length + Buffer.byteLength(orderingKey);
  for (const [key, value] of Object.entries(attributes)) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return bytes;
}

function checkMessage({ data = '', attributes = {}, orderingKey = '' }: MessageInput): void {
  const entries = Object.entries(attributes);
  if (data.length === 0 && entries.length === 0) {
    throw invalidArgument('One or more messages in the publish request is empty: give data or at least one attribute.');
  }
  if (entries.length > MAX_ATTRIBUTES) throw invalidArgument(`At most ${MAX_ATTRIBUTES} attributes per message.`);
  for (const [key, value] of entries) {
    if (key === '') throw invalidArgument('An attribute key is empty.');
    if (RESERVED_KEY.test(key)) throw invalidArgument('Attribute keys that begin with "goog" are reserved.');
    if (Buffer.byteLength(key) > MAX_KEY_BYTES)
      throw invalidArgument(`The attribute key is too long: at most ${MAX_KEY_BYTES} bytes.`);
    if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
      throw invalidArgument(`The value of attribute ${key} is too long: at most ${MAX_VALUE_BYTES} bytes.`);
    }
  }
  if (Buffer.byteLength(orderingKey) > MAX_ORDERING_KEY_BYTES) {
    throw invalidArgument(`The ordering key is too long: at most ${MAX_ORDERING_KEY_BYTES} bytes.`);
  }
}

/** The message as pull and streaming pull send it. */
export function toPubsubMessage({ messageId, publishTime, data, attributes, orderingKey }: Message): PubsubMessage {
  return { data, attributes, messageId, publishTime: toTimestamp(publishTime), orderingKey };
}
