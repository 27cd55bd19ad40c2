import { v1 } from '@google-cloud/pubsub';
import { status } from '@grpc/grpc-js';
import { batch } from '../../shared/batch.ts';
import type { Deadline } from '../../shared/deadline.ts';
import { googleClient } from '../../shared/google-client.ts';
import { connectAhead, describeGrpcError, grpcCode, grpcOptions } from '../../shared/grpc.ts';
import { type IncidentEvent, SCHEMA_VERSION } from '../../shared/incident-event.ts';
import { Refusal } from './outcomes.ts';

/** A Pub/Sub message. */
export interface OutgoingMessage {
  readonly data: Buffer;
  readonly attributes: Record<string, string>;
}

/**
 * Publishes one message.
 * @returns the message id, once Pub/Sub has confirmed.
 * @throws Refusal `publish` or `publish_timeout` (503). The message may have been published anyway;
 *   subscribers recognize the repeat by its `webhookId`.
 */
export type Publish = (message: OutgoingMessage, deadline: Deadline) => Promise<string>;

/** In milliseconds. */
export interface PublishLimits {
  /**
   * For the first attempt of a call. The second has twice as long, so that a slow Pub/Sub still
   * confirms one of them.
   */
  readonly attemptMs: number;
  /**
   * For all attempts together. Ends before the answer is due, so that the log can say why they
   * failed.
   */
  readonly callMs: number;
}

/** Retries may overrun `callMs` by this much: they look at the clock only after a pause. */
const MAX_RETRY_DELAY_MS = 400;
/**
 * Retries do not cover everything, for example a missing access token: the call ends at this
 * multiple of `callMs`.
 */
const CALL_MARGIN = 1.2;
/** Pub/Sub accepts 1,000 messages and 10 MB in one call. */
const BATCH = { maxItems: 100, maxSize: 4 * 1024 * 1024, sizeOf: ({ data }: OutgoingMessage) => data.length };

/**
 * The message for an event: data as in `schemas/incident-event.schema.json`, and the attributes to
 * filter on.
 */
export function toMessage(event: IncidentEvent, traceparent: string | undefined): OutgoingMessage {
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
 * Messages of requests that arrive together share one call; a lone message is sent at once.
 * @param topic `projects/P/topics/T`.
 */
export function createPublisher(
  topic: string,
  emulatorHost: string | undefined,
  limits: PublishLimits,
): { publish: Publish; connect: () => Promise<void> } {
  const client = googleClient(async () => {
    const publisher = new v1.PublisherClient(grpcOptions(emulatorHost));
    connectAhead(await publisher.initialize());
    return publisher;
  });
  const retry = retryWithin(limits);
  const late = (): Refusal => new Refusal('publish_timeout');
  const send = batch<OutgoingMessage, string>(async (messages) => {
    const request = { topic, messages: [...messages] };
    const [{ messageIds }] = await client.call(
      (publisher, signal) => publisher.publish(request, { retry, signal }),
      limits.callMs * CALL_MARGIN,
    );
    return messages.map((_, index) => messageIds?.[index] ?? '');
  }, BATCH);

  return {
    connect: client.connect,
    async publish(message, deadline) {
      const messageId = await send(message, deadline, late).catch((error: unknown) => {
        throw toRefusal(error);
      });
      // Without an id, nothing is confirmed: a 204 could lose the event.
      if (messageId === '') throw new Refusal('publish', { detail: 'Pub/Sub confirmed no message id.' });
      return messageId;
    },
  };
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const reason = grpcCode(error) === status.DEADLINE_EXCEEDED ? 'publish_timeout' : 'publish';
  return new Refusal(reason, { detail: `Pub/Sub: ${describeGrpcError(error)}.` });
}

/** How a call is retried; which codes are is the client's own choice. */
function retryWithin({ attemptMs, callMs }: PublishLimits) {
  return {
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
