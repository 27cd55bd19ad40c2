import type { IncomingMessage } from 'node:http';
import { decodeIncidentEvent } from './decode-incident-event.ts';
import { type IncidentEvent, SCHEMA_VERSION } from './incident-event.ts';
import { isObject } from './is-object.ts';
import { type BodyFault, readBody } from './read-body.ts';
import { parseTraceparent, type Trace } from './trace.ts';

/** What a push request says about its delivery, as far as it could be read. */
export interface Delivery {
  readonly messageId: string | undefined;
  /** Pub/Sub counts attempts only if the subscription has a dead-letter policy. */
  readonly deliveryAttempt: number | undefined;
  /** Of the webhook that caused the message. */
  readonly trace: Trace | undefined;
}

/** The content of a push request: its event, or why there is none. */
export type Push = { readonly delivery: Delivery } & (
  | { readonly event: IncidentEvent }
  | { readonly event: undefined; readonly fault: EnvelopeFault }
);

/** Why a request holds no incident event. */
export type EnvelopeFault =
  | BodyFault
  | 'not_an_envelope'
  | 'not_base64'
  | 'not_utf8'
  | 'not_json'
  | 'schema'
  | 'schema_version';

/**
 * A Pub/Sub message has at most 10 MB, which base64 turns into 13.4 MB, with attributes around it.
 */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** For a request of which nothing could be read. */
const NO_DELIVERY: Delivery = { messageId: undefined, deliveryAttempt: undefined, trace: undefined };
const MESSAGE_ID = /^[A-Za-z0-9_-]{1,256}$/;

/**
 * Reads a Pub/Sub push request. Never throws.
 * @param bodyMs from now until the body must be complete.
 */
export async function readPush(req: IncomingMessage, bodyMs: number): Promise<Push> {
  const none = (fault: EnvelopeFault): Push => ({ delivery: NO_DELIVERY, event: undefined, fault });
  const body = await readBody(req, MAX_BODY_BYTES, bodyMs);
  if (typeof body === 'string') return none(body);
  return req.method === 'POST' ? readEnvelope(body) : none('not_an_envelope');
}

/** Reads the body of a Pub/Sub push request. Never throws. */
export function readEnvelope(body: Buffer): Push {
  const envelope = parse(body);
  const { message } = envelope;
  if (!isObject(message)) return { delivery: NO_DELIVERY, event: undefined, fault: 'not_an_envelope' };
  const attributes = isObject(message['attributes']) ? message['attributes'] : {};
  const delivery: Delivery = {
    messageId: messageIdOf(message['messageId'] ?? message['message_id']),
    deliveryAttempt: typeof envelope['deliveryAttempt'] === 'number' ? envelope['deliveryAttempt'] : undefined,
    trace: parseTraceparent(typeof attributes['traceparent'] === 'string' ? attributes['traceparent'] : undefined),
  };
  const event = readEvent(message['data'], attributes['schemaVersion']);
  return typeof event === 'string' ? { delivery, event: undefined, fault: event } : { delivery, event };
}

function readEvent(data: unknown, schemaVersion: unknown): IncidentEvent | EnvelopeFault {
  if (typeof data !== 'string') return 'not_an_envelope';
  const bytes = Buffer.from(data, 'base64');
  // Node's decoder skips invalid characters, so only a round trip shows them.
  if (bytes.toString('base64') !== data) return 'not_base64';
  if (schemaVersion !== SCHEMA_VERSION) return 'schema_version';
  return decodeIncidentEvent(bytes);
}

function parse(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const envelope: unknown = JSON.parse(body.toString('utf8'));
    return isObject(envelope) ? envelope : {};
  } catch {
    return {};
  }
}

function messageIdOf(id: unknown): string | undefined {
  return typeof id === 'string' && MESSAGE_ID.test(id) ? id : undefined;
}
