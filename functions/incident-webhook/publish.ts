import { v1 } from '@google-cloud/pubsub';
import { gather } from '../../shared/batch.ts';
import type { Deadline } from '../../shared/deadline.ts';
import { googleClient } from '../../shared/google-client.ts';
import { grpcCode, grpcOptions } from '../../shared/grpc.ts';
import { type IncidentEvent, SCHEMA_VERSION } from '../../shared/incident-event.ts';
import { Refusal } from './outcomes.ts';

/** A Pub/Sub message. */
export interface Message {
  readonly data: Buffer;
  readonly attributes: Record<string, string>;
}

/**
 * Publishes one message.
 * @returns the message id, once Pub/Sub has confirmed.
 * @throws Refusal `publish` or `publish_timeout` (503). The message may have been published all the same; its `webhookId` shows that.
 */
export type Publish = (message: Message, deadline: Deadline) => Promise<string>;

/** Milliseconds for the first attempt of a call, and for all its attempts together. */
export interface TimeLimits {
  readonly attemptMs: number;
  readonly callMs: number;
}

/** CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE: as in the client's own configuration. */
const RETRIED_CODES = [1, 2, 4, 8, 10, 13, 14];
/**
 * A second attempt has twice the time of the first, so that a Pub/Sub that has become slow still confirms one of them.
 * `callMs` ends before the answer is due, so that the log is told what every attempt failed with.
 */
const TIME_LIMITS: TimeLimits = { attemptMs: 2_500, callMs: 6_900 };
/** Also how late after `callMs` the retries may end: they look at the clock only after a pause. */
const MAX_RETRY_DELAY_MS = 400;
/** What the client's retries end with when their time is up; the message names the errors of the attempts. */
const DEADLINE_EXCEEDED = 4;
/** Pub/Sub takes 1,000 messages and 10 MB in a call. */
const MAX_BATCH_MESSAGES = 100;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/** The message for an event: `schemas/incident-event.schema.json`, and the attributes to filter on. */
export function toMessage(event: IncidentEvent, traceparent: string | undefined): Message {
  return {
    data: Buffer.from(JSON.stringify(event)),
    attributes: {
      schemaVersion: SCHEMA_VERSION,
      webhookId: event.webhookId,
      eventType: event.eventType,
      incidentId: event.incident.id,
      ...(event.incident.status !== null && { incidentStatus: event.incident.status }),
      ...(traceparent !== undefined && { traceparent }),
    },
  };
}

/**
 * A publisher for one topic, and a function that connects it ahead of the first message.
 * Messages of requests that arrive together go out in one call; a lone one leaves at once.
 * @param topic `projects/P/topics/T`.
 */
export function createPublisher(
  topic: string,
  emulatorHost: string | undefined,
  limits: TimeLimits = TIME_LIMITS,
): { publish: Publish; connect: () => Promise<void> } {
  const client = googleClient('Pub/Sub', async () => new v1.PublisherClient(grpcOptions(emulatorHost)));
  const retry = retryWithin(limits);
  const send = gather<Message, string>(
    async (messages) => {
      const request = { topic, messages: [...messages] };
      const [{ messageIds }] = await client.call(
        (publisher, signal) => publisher.publish(request, { retry, signal }),
        // The retries end by themselves after `callMs`; this is for what they do not watch over, such as an access token that does not come.
        limits.callMs * 1.2,
      );
      return messageIds ?? [];
    },
    { items: MAX_BATCH_MESSAGES, size: MAX_BATCH_BYTES, sizeOf: ({ data }) => data.length },
  );

  return {
    connect: client.connect,
    publish: async (message, deadline) => {
      try {
        return await deadline.race(send(message), () => new Refusal('publish_timeout'));
      } catch (error) {
        if (error instanceof Refusal) throw error;
        const code = grpcCode(error);
        const reason = code === DEADLINE_EXCEEDED ? 'publish_timeout' : 'publish';
        throw new Refusal(reason, { cause: error, detail: `gRPC code ${code ?? 'none'}` });
      }
    },
  };
}

function retryWithin({ attemptMs, callMs }: TimeLimits) {
  return {
    retryCodes: RETRIED_CODES,
    backoffSettings: {
      initialRetryDelayMillis: 100,
      retryDelayMultiplier: 2,
      maxRetryDelayMillis: MAX_RETRY_DELAY_MS,
      initialRpcTimeoutMillis: attemptMs,
      rpcTimeoutMultiplier: 2,
      maxRpcTimeoutMillis: callMs,
      totalTimeoutMillis: callMs,
    },
  };
}
