import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { DeliveryResult } from './events.ts';
import type { Lease } from './message.ts';
import type { CheckedSubscription } from './resource.ts';
import type { Subscription } from './subscription.ts';

// https://cloud.google.com/pubsub/docs/push#receive_push
const ACKNOWLEDGING = new Set<DeliveryResult>([200, 201, 202, 204]);
const MAX_IN_FLIGHT = 50;
const HEADERS = { 'content-type': 'application/json', 'user-agent': 'CloudPubSub-Google' };

/**
 * Pushes a subscription's messages to its endpoint until the subscription is closed. A message that backs off is not
 * in flight. While the subscription has no endpoint, its messages are left to pulls.
 *
 * @param ackDeadlineScale factor on the ack deadline, which bounds each push
 */
export async function push(subscription: Subscription, ackDeadlineScale: number): Promise<void> {
  const { signal } = subscription.closing;
  const clients = {
    http: { request: http.request, agent: new http.Agent({ keepAlive: true }) },
    https: { request: https.request, agent: new https.Agent({ keepAlive: true }) },
  };
  let inFlight = 0;
  const take = () => {
    const { pushEndpoint } = subscription.config.pushConfig;
    return pushEndpoint && inFlight < MAX_IN_FLIGHT ? subscription.lease(1) : [];
  };
  const deliver = async (lease: Lease): Promise<void> => {
    const { pushConfig, ackDeadlineSeconds } = subscription.config;
    const url = pushConfig.pushEndpoint ?? '';
    const { request, agent } = url.startsWith('https:') ? clients.https : clients.http;
    const deadline = AbortSignal.timeout(Math.ceil(ackDeadlineSeconds * 1_000 * ackDeadlineScale));
    inFlight += 1;
    const sending = request(url, { method: 'POST', agent, headers: HEADERS, signal: deadline });
    const answer = await send(sending, pushEnvelope(lease, subscription.config));
    inFlight -= 1;
    if (ACKNOWLEDGING.has(answer)) subscription.acknowledge(lease.ackId, answer);
    else subscription.refuse(lease.ackId, answer);
  };
  while (!signal.aborted) for (const lease of await subscription.poll(take, signal)) void deliver(lease);
  // Cuts the pushes in flight: an agent destroys the connections in use as well.
  for (const { agent } of Object.values(clients)) agent.destroy();
}

/** The body of a push: Pub/Sub's wrapped form, both spellings of the ids included. */
function pushEnvelope({ message, attempt }: Lease, config: CheckedSubscription): string {
  const publishTime = message.publishTime.toISOString();
  return JSON.stringify({
    ...(config.deadLetterPolicy && { deliveryAttempt: attempt }),
    message: {
      ...(Object.keys(message.attributes).length > 0 && { attributes: message.attributes }),
      ...(message.data.length > 0 && { data: message.data.toString('base64') }),
      messageId: message.messageId,
      message_id: message.messageId,
      ...(message.orderingKey && { orderingKey: message.orderingKey }),
      publishTime,
      publish_time: publishTime,
    },
    subscription: config.name,
  });
}

/** Sends one push: the HTTP status, or a word for what went wrong. Pub/Sub goes by the status alone. */
async function send(request: http.ClientRequest, body: string): Promise<DeliveryResult> {
  request.on('error', () => {}).end(body);
  try {
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    // The body is read so that the connection can be used again.
    response.on('error', () => {}).resume();
    return response.statusCode ?? 0;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ABORT_ERR' ? 'deadline exceeded' : (code ?? message);
  }
}
