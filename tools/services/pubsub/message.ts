import { invalidArgument } from '../grpc/rpc-error.ts';

/** A message as a publisher hands it in. Strings count as UTF-8. */
export interface MessageInput {
  data?: Uint8Array | string;
  attributes?: Readonly<Record<string, string>>;
  orderingKey?: string;
}

/** A message that the emulator has accepted. */
export interface Message {
  /** Decimal digits, unique over all topics of one emulator. */
  readonly messageId: string;
  readonly publishTime: Date;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
  /** As far as they are its publisher's: data, attributes and ordering key. */
  readonly bytes: number;
}

/** One delivery: the message is the consumer's until it answers or the ack deadline passes. */
export interface Lease {
  /** Names the subscription, the message and the attempt. */
  readonly ackId: string;
  readonly message: Message;
  /** 1 for the first delivery. */
  readonly attempt: number;
}

// https://cloud.google.com/pubsub/quotas#resource_limits
const MAX_MESSAGES = 1_000;
const MAX_ATTRIBUTES = 100;
const MAX_KEY_BYTES = 256;
const MAX_VALUE_BYTES = 1_024;
const MAX_ORDERING_KEY_BYTES = 1_024;
// Except for Google's own clients: with tracing they add googclient_traceparent when they publish.
const RESERVED_KEY = /^goog(?!client_)/;

// Starts at the clock so that ids do not come again after a restart.
let nextId = Date.now() * 1_000;

/**
 * The messages of one publish as they are accepted; the size of a request is the server's affair.
 *
 * @throws RpcError INVALID_ARGUMENT naming the limit of Pub/Sub that is broken
 */
export function acceptMessages(given: readonly MessageInput[]): Message[] {
  if (given.length === 0) throw invalidArgument('The request contains no messages.');
  if (given.length > MAX_MESSAGES) {
    throw invalidArgument(
      `The value for message_count is too large. You passed ${given.length}; at most ${MAX_MESSAGES}.`,
    );
  }
  const publishTime = new Date();
  return given.map((message) => ({ messageId: String(nextId++), publishTime, ...checkMessage(message) }));
}

function checkMessage({ data = '', attributes = {}, orderingKey = '' }: MessageInput) {
  const entries = Object.entries(attributes);
  if (data.length === 0 && entries.length === 0) {
    throw invalidArgument('One or more messages in the publish request is empty: give data or at least one attribute.');
  }
  if (entries.length > MAX_ATTRIBUTES) throw invalidArgument(`At most ${MAX_ATTRIBUTES} attributes per message.`);
  let bytes = Buffer.byteLength(data) + expectBytes('The ordering key', orderingKey, MAX_ORDERING_KEY_BYTES);
  for (const [key, value] of entries) {
    if (key === '') throw invalidArgument('An attribute key is empty.');
    if (RESERVED_KEY.test(key)) throw invalidArgument('Attribute keys that begin with "goog" are reserved.');
    bytes += expectBytes('The attribute key', key, MAX_KEY_BYTES);
    bytes += expectBytes(`The value of attribute ${key}`, value, MAX_VALUE_BYTES);
  }
  return { data: Buffer.from(data), attributes: { ...attributes }, orderingKey, bytes };
}

function expectBytes(what: string, text: string, most: number): number {
  const bytes = Buffer.byteLength(text);
  if (bytes > most) throw invalidArgument(`${what} is too long: at most ${most} bytes.`);
  return bytes;
}
