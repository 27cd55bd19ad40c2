import { Code } from '../../../tools/services/grpc/rpc-error.ts';
import { openFixture } from './emulator-fixture.ts';

const TOPIC = 'projects/p/topics/events';
// Of a request with one message: the topic's name, and the fields' tags and lengths.
const OVERHEAD = 2 + TOPIC.length + 10;

const fixture = await openFixture();

afterAll(() => fixture.close());

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));

it.each<[string, object[]]>([
  ['data alone', [{ data: Buffer.from('x') }]],
  ['attributes alone', [{ attributes: { k: 'v' } }]],
  ['a key of 256 and a value of 1,024 bytes', [{ attributes: { ['é'.repeat(128)]: 'é'.repeat(512) } }]],
  ['100 attributes', [{ attributes: many(100) }]],
  ['a request of 10,000,000 bytes', [{ data: Buffer.alloc(10_000_000 - OVERHEAD) }]],
  ["the attribute that Google's clients trace with", [{ attributes: { googclient_traceparent: '00-1-1-01' } }]],
])('takes %s', async (_case, messages) => {
  const before = fixture.emulator.published(TOPIC).length;
  const [{ messageIds }] = await fixture.publisher.publish({ topic: TOPIC, messages });
  const published = fixture.emulator.published(TOPIC).slice(before);
  expect(messageIds).toEqual(published.map(({ messageId }) => messageId));
  expect(messageIds).toHaveLength(messages.length);
});

it.each<[string, object[]]>([
  ['a key of 257 bytes', [{ attributes: { [`${'é'.repeat(128)}x`]: 'v' } }]],
  ['an empty key', [{ attributes: { '': 'v' } }]],
  ['a reserved key', [{ attributes: { googclient: 'v' } }]],
  ['another reserved key', [{ attributes: { goog_x: 'v' } }]],
  ['a value of 1,025 bytes', [{ attributes: { k: `${'é'.repeat(512)}x` } }]],
  ['101 attributes', [{ attributes: many(101) }]],
  ['a request of 10,000,001 bytes', [{ data: Buffer.alloc(10_000_001 - OVERHEAD) }]],
  ['many small messages of as much', Array.from({ length: 1_000 }, () => ({ data: Buffer.alloc(10_000) }))],
])('refuses %s and publishes nothing', async (_case, messages) => {
  const before = fixture.emulator.published(TOPIC).length;
  const refused = fixture.publisher.publish({ topic: TOPIC, messages });
  await expect(refused).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  expect(fixture.emulator.published(TOPIC)).toHaveLength(before);
});
