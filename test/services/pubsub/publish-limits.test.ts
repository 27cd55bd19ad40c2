import { v1 } from '@google-cloud/pubsub';
import { credentials } from '@grpc/grpc-js';
import { Code } from '../../../tools/services/grpc/rpc-error.ts';
import type { Fixture } from './emulator-fixture.ts';
import { openFixture } from './emulator-fixture.ts';

const TOPIC = 'projects/p/topics/events';
const MEBIBYTE = 1024 * 1024;

let fixture: Fixture;
let publisher: InstanceType<typeof v1.PublisherClient>;

beforeAll(async () => {
  fixture = await openFixture();
  fixture.emulator.createTopic({ name: TOPIC });
  const [servicePath = '', port] = fixture.emulator.host.split(':');
  publisher = new v1.PublisherClient({
    projectId: 'p',
    servicePath,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
  });
});

afterAll(async () => {
  await publisher.close();
  await fixture.close();
});

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));

it.each<[string, object[]]>([
  ['data alone', [{ data: Buffer.from('x') }]],
  ['attributes alone', [{ attributes: { k: 'v' } }]],
  ['a key of 256 and a value of 1,024 bytes', [{ attributes: { ['é'.repeat(128)]: 'é'.repeat(512) } }]],
  ['100 attributes', [{ attributes: many(100) }]],
  ['1,000 messages', Array.from({ length: 1_000 }, () => ({ data: Buffer.from('x') }))],
  ['10 MiB', [{ data: Buffer.alloc(10 * MEBIBYTE) }]],
])('takes %s', async (_case, messages) => {
  const before = fixture.emulator.published(TOPIC).length;
  const [{ messageIds }] = await publisher.publish({ topic: TOPIC, messages });
  const published = fixture.emulator.published(TOPIC).slice(before);
  expect(messageIds).toEqual(published.map(({ messageId }) => messageId));
  expect(messageIds).toHaveLength(messages.length);
});

it.each<[string, object[]]>([
  ['no message', []],
  ['an empty message', [{ data: Buffer.from('x') }, {}]],
  ['a key of 257 bytes', [{ attributes: { [`${'é'.repeat(128)}x`]: 'v' } }]],
  ['an empty key', [{ attributes: { '': 'v' } }]],
  ['a reserved key', [{ attributes: { googclient: 'v' } }]],
  ['a value of 1,025 bytes', [{ attributes: { k: `${'é'.repeat(512)}x` } }]],
  ['101 attributes', [{ attributes: many(101) }]],
  ['1,001 messages', Array.from({ length: 1_001 }, () => ({ data: Buffer.from('x') }))],
  ['more than 10 MiB', [{ data: Buffer.alloc(10 * MEBIBYTE) }, { data: Buffer.from('x') }]],
])('refuses %s and publishes nothing', async (_case, messages) => {
  const before = fixture.emulator.published(TOPIC).length;
  const refused = publisher.publish({ topic: TOPIC, messages });
  await expect(refused).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  expect(fixture.emulator.published(TOPIC)).toHaveLength(before);
});
