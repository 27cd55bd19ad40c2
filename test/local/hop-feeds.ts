import type { FunctionLine, FunctionName } from '../../tools/local/timeline/function-hops.ts';
import type { Hop } from '../../tools/local/timeline/hop.ts';
import { HopReader } from '../../tools/local/timeline/hop-reader.ts';
import type { EmulatorEvent } from '../../tools/services/pubsub/events.ts';

export const NOW = new Date('2026-11-23T20:13:46.457Z');

export type Delivered = Extract<EmulatorEvent, { type: 'delivered' }>;
/** What a part of the local system says. */
export type Feed = (reader: HopReader) => void;

export function read(...said: (Feed | EmulatorEvent)[]): Hop[] {
  return hopsOf((reader) => {
    for (const each of said) {
      if (typeof each === 'function') each(reader);
      else reader.emulatorEvent(each, NOW);
    }
  });
}

export function hopsOf(feed: Feed): Hop[] {
  const hops: Hop[] = [];
  feed(new HopReader((hop) => hops.push(hop)));
  return hops;
}

export function webhookLine(metadata: FunctionLine['metadata'] & object, severity?: string): Feed {
  return line('incident-webhook', metadata, severity);
}

export function line(source: FunctionName, metadata: FunctionLine['metadata'] & object, severity = 'INFO'): Feed {
  const output = JSON.stringify({ severity, message: 'M', metadata });
  return (reader) => reader.output(source, output, NOW);
}

export function published(own: Partial<Delivered['message']> = {}): Extract<EmulatorEvent, { type: 'published' }> {
  const message = {
    messageId: '7',
    publishTime: NOW,
    attributes: { webhookId: 'msg_1', incidentId: '01I' },
    data: Buffer.from('{}'),
    orderingKey: '',
    bytes: 2,
    ...own,
  };
  return { type: 'published', topic: 'projects/p/topics/incident-events', message };
}

export function delivered(own: Partial<Delivered>): Delivered {
  return {
    type: 'delivered',
    subscription: 'projects/p/subscriptions/my-team',
    message: published().message,
    attempt: 1,
    acknowledged: false,
    answer: 204,
    startedAt: new Date(NOW.getTime() - 9),
    ...own,
  };
}
