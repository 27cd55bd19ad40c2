import type { EmulatorEvent } from '../../services/pubsub/events.ts';
import type { Hop } from './hop.ts';

/** A hop before it is known which event it belongs to; its texts may hold anything. */
export type RawHop = Omit<Hop, 'event'>;

/** What the emulator reports of a message on its way to a subscriber. */
type DeliveryEvent = Exclude<EmulatorEvent, { type: 'published' }>;
type Delivered = Extract<EmulatorEvent, { type: 'delivered' }>;

/** The ids of dead-letter topics and subscriptions end so. */
export const DEAD_LETTER = /-dead-letter$/;

/**
 * The hop of a delivery; none where somebody only looked at a dead letter and released it, as a
 * redrive's dry run does.
 */
export function deliveryHop(event: DeliveryEvent, now: Date): RawHop | undefined {
  const { messageId, publishTime, attributes } = event.message;
  const subscription = event.subscription.slice(event.subscription.lastIndexOf('/') + 1);
  const { webhookId, incidentId } = attributes;
  const hop = { webhookId, incidentId, name: 'delivered', subscription } as const;
  switch (event.type) {
    case 'filtered': {
      const text = `${subscription} does not receive it: its filter does not match (${event.filter})`;
      const at = publishTime.toISOString();
      return { ...hop, at, state: 'skipped', text, reason: 'filtered', delivery: `${messageId}/0` };
    }
    case 'deadLettered': {
      const text = `${subscription}: given up after ${event.attempts} attempts, kept in ${subscription}-dead-letter`;
      const delivery = `${messageId}/${event.attempts}`;
      return { ...hop, at: now.toISOString(), state: 'stopped', text, reason: 'dead-lettered', delivery };
    }
    case 'delivered': {
      const { attempt, acknowledged, answer, startedAt, redeliveredAfterMs } = event;
      if (DEAD_LETTER.test(subscription) && !acknowledged) return undefined;
      const elapsed = duration(now.getTime() - startedAt.getTime());
      const text = `${answerText(subscription, answer)} after ${elapsed}, attempt ${attempt}${pause(redeliveredAfterMs)}`;
      return {
        ...hop,
        at: startedAt.toISOString(),
        state: acknowledged ? 'done' : 'stopped',
        text,
        reason: String(answer),
        delivery: `${messageId}/${attempt}`,
      };
    }
  }
}

/** `answer` is the status of a push, what a puller did, or the code of a network error. */
function answerText(subscription: string, answer: Delivered['answer']): string {
  if (typeof answer === 'number') return `${subscription} answered ${answer}`;
  if (DEAD_LETTER.test(subscription) && answer === 'acknowledged') return `taken from ${subscription}`;
  if (answer === 'acknowledged' || answer === 'refused') return `${answer} by ${subscription}`;
  if (answer === 'deadline exceeded') return `not acknowledged in time by ${subscription}`;
  return `${subscription} could not be reached (${answer})`;
}

function pause(ms: number | undefined): string {
  if (ms === undefined) return '';
  return ms < 1 ? '; delivered again at once' : `; delivered again in ${duration(ms)}`;
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}
