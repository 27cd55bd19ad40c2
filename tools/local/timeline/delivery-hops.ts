import type { DemoMessage } from '../../services/demo-subscriber.ts';
import type { DeliveryNote } from './event-log.ts';
import type { RawHop } from './hop.ts';
import { DEAD_LETTER } from './notes.ts';

/**
 * The hop of a delivery; none where somebody only looked at a dead letter and gave it back, as a
 * redrive's dry run does.
 */
export function deliveryHops(at: string, delivery: DeliveryNote): RawHop[] {
  const { type, subscription, webhookId, incidentId, messageId, attempt, acknowledged, answer } = delivery;
  if (DEAD_LETTER.test(subscription) && !acknowledged) return [];
  const base = {
    at: delivery.startedAt ?? at,
    webhookId,
    incidentId,
    name: 'delivered',
    subscription,
    delivery: `${messageId}/${attempt}`,
  } as const;
  switch (type) {
    case 'filtered': {
      const text = `${subscription} does not receive it: its filter does not match (${answer})`;
      return [{ ...base, state: 'skipped', text, reason: 'filtered' }];
    }
    case 'deadLettered': {
      const text = `${subscription}: given up after ${attempt} attempts, kept in ${subscription}-dead-letter`;
      return [{ ...base, state: 'stopped', text, reason: 'dead-lettered' }];
    }
    case 'delivered':
      return [
        {
          ...base,
          state: acknowledged ? 'done' : 'stopped',
          text: `${answerText(delivery)}${elapsed(delivery, at)}, attempt ${attempt}${pause(delivery)}`,
          reason: String(answer),
        },
      ];
  }
}

/** The hop of what the demo subscriber printed. */
export function demoHop(at: string, { attributes = {}, data }: Partial<DemoMessage>): RawHop {
  const { webhookId, incidentId } = attributes;
  const text = `demo-subscriber got ${JSON.stringify(data)}`;
  return { at, webhookId, incidentId, name: 'delivered', state: 'done', text, subscription: 'demo-subscriber' };
}

/** `answer` is the status of a push, what a puller did, or the code of a network error. */
function answerText({ subscription, answer }: DeliveryNote): string {
  if (typeof answer === 'number') return `${subscription} answered ${answer}`;
  if (DEAD_LETTER.test(subscription) && answer === 'acknowledged') return `taken from ${subscription}`;
  if (answer === 'acknowledged' || answer === 'refused') return `${answer} by ${subscription}`;
  if (answer === 'deadline exceeded') return `not acknowledged in time by ${subscription}`;
  return `${subscription} could not be reached (${answer})`;
}

function elapsed({ startedAt }: DeliveryNote, at: string): string {
  return startedAt === undefined ? '' : ` after ${duration(Date.parse(at) - Date.parse(startedAt))}`;
}

function pause({ redeliveredAfterMs }: DeliveryNote): string {
  if (redeliveredAfterMs === undefined) return '';
  return redeliveredAfterMs < 1 ? '; delivered again at once' : `; delivered again in ${duration(redeliveredAfterMs)}`;
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}
