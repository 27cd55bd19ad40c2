import type { EmulatorEvent } from '../../services/pubsub/events.ts';
import type { FunctionLine, FunctionName, Note } from './event-log.ts';

/** The ids of dead-letter topics and subscriptions end so. */
export const DEAD_LETTER = /-dead-letter$/;

/** A function's line of output, as a note. */
export function noteOfOutput(source: FunctionName, output: string): Note {
  try {
    const line: unknown = JSON.parse(output);
    if (typeof line === 'object' && line !== null && 'severity' in line) return { source, line: line as FunctionLine };
  } catch {
    // Plain text.
  }
  return { source, text: output };
}

/** What the emulator reports of a message, as a note; undefined where it says nothing about an event. */
export function noteOfEmulatorEvent(event: EmulatorEvent): Note | undefined {
  if (event.type !== 'published') return { source: 'pubsub', delivery: deliveryOf(event) };
  if (DEAD_LETTER.test(event.topic)) return undefined;
  const { messageId, publishTime, attributes, data } = event.message;
  return {
    source: 'pubsub',
    published: { messageId, publishTime: publishTime.toISOString(), attributes, data: data.toString() },
  };
}

function deliveryOf(event: Exclude<EmulatorEvent, { type: 'published' }>) {
  const { type, subscription, message } = event;
  return {
    type,
    subscription: subscription.slice(subscription.lastIndexOf('/') + 1),
    messageId: message.messageId,
    webhookId: message.attributes['webhookId'],
    incidentId: message.attributes['incidentId'],
    ...outcomeOf(event),
  };
}

function outcomeOf(event: Exclude<EmulatorEvent, { type: 'published' }>) {
  switch (event.type) {
    case 'filtered':
      return {
        attempt: 0,
        acknowledged: true,
        answer: event.filter,
        startedAt: event.message.publishTime.toISOString(),
      };
    case 'deadLettered':
      return { attempt: event.attempts, acknowledged: false, answer: 'dead-lettered' };
    case 'delivered': {
      const { attempt, acknowledged, answer, startedAt, redeliveredAfterMs } = event;
      const pause = redeliveredAfterMs === undefined ? {} : { redeliveredAfterMs };
      return { attempt, acknowledged, answer, startedAt: startedAt.toISOString(), ...pause };
    }
  }
}
