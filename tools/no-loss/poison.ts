import type { MessageInput } from '../services/pubsub/message.ts';

/** The attribute that marks a message as nobody's event. */
export const POISON = 'poison';

const KINDS: readonly MessageInput[] = [
  { data: 'no JSON', attributes: { schemaVersion: '1' } },
  { data: '{}', attributes: { schemaVersion: '1' } },
  { data: '{}', attributes: { schemaVersion: '2' } },
  { data: Buffer.of(0xff, 0xfe), attributes: { schemaVersion: '1' } },
  { data: '{}' },
  { attributes: { schemaVersion: '1' } },
];

/** A message that somebody else put on the topic, and that can never be worked off. */
export function poison(number: number): MessageInput {
  const kind = KINDS[number % KINDS.length];
  return { ...kind, attributes: { ...kind?.attributes, [POISON]: String(number) } };
}
