import { Code } from '../../../tools/services/grpc/rpc-error.ts';
import type { Fixture } from './emulator-fixture.ts';
import { openFixture } from './emulator-fixture.ts';

const TOPIC = 'projects/p/topics/events';
const URL_OF_PUSH = 'http://127.0.0.1:1/';

let fixture: Fixture;

beforeEach(async () => {
  fixture = await openFixture();
});

afterEach(() => fixture.close());

it('cuts lists into pages', async () => {
  for (const id of ['aaa', 'bbb', 'ccc', 'ddd']) fixture.emulator.createTopic({ name: `projects/p/topics/${id}` });
  const page = { pageSize: 2, autoPaginate: false };
  const [first, next] = await fixture.client.getTopics(page);
  const [second, last] = await fixture.client.getTopics(next ?? {});
  const [third, end] = await fixture.client.getTopics(last ?? {});
  const ids = [first, second, third].map((topics) => topics.map(({ name }) => name.split('/').at(-1)));
  expect(ids).toEqual([['aaa', 'bbb'], ['ccc', 'ddd'], ['events']]);
  expect(end).toBeNull();
});

it('keeps the messages of a deleted topic', async () => {
  const [subscription] = await fixture.client.topic('events').createSubscription('first');
  fixture.emulator.publish(TOPIC, { data: 'kept' });
  await fixture.client.topic('events').delete();
  expect(fixture.emulator.backlog(subscription.name)).toBe(1);
});

it('changes labels', async () => {
  const { client } = fixture;
  const [subscription] = await client.topic('events').createSubscription('sub');
  await subscription.setMetadata({ labels: { team: 'security' } });
  expect((await subscription.getMetadata())[0].labels).toEqual({ team: 'security' });
  await client.topic('events').setMetadata({ labels: { team: 'other' } });
  expect((await client.topic('events').getMetadata())[0].labels).toEqual({ team: 'other' });
});

it.each<[string, Code, (fixture: Fixture) => Promise<unknown>]>([
  ['a topic with a bad name', Code.INVALID_ARGUMENT, ({ client }) => client.createTopic('1x')],
  ['a topic with a reserved name', Code.INVALID_ARGUMENT, ({ client }) => client.createTopic('google-like')],
  ['a snapshot', Code.UNIMPLEMENTED, ({ client }) => client.subscription('missing').createSnapshot('snap')],
  ['a seek', Code.UNIMPLEMENTED, ({ client }) => client.subscription('missing').seek(new Date())],
])('refuses %s', async (_case, code, call) => {
  await expect(call(fixture)).rejects.toMatchObject({ code });
});

it.each<[string, object]>([
  ['a filter that does not parse', { filter: 'status' }],
  ['an ack deadline of 9 s', { ackDeadlineSeconds: 9 }],
  ['an endpoint that is no URL', { pushEndpoint: 'localhost' }],
  ['push attributes of another version', { pushConfig: { attributes: { 'x-goog-version': 'v2' } } }],
  ['a backoff of 601 s', { retryPolicy: { maximumBackoff: { seconds: 601 } } }],
  ['four delivery attempts', { deadLetterPolicy: { deadLetterTopic: TOPIC, maxDeliveryAttempts: 4 } }],
])('refuses a subscription with %s', async (_what, settings) => {
  await expect(create(fixture, settings)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
});

const UDF = { javascriptUdf: { functionName: 'f', code: 'function f(m) { return m; }' } };

it.each<[field: string, settings: object]>([
  ['subscription.enable_message_ordering', { enableMessageOrdering: true }],
  ['subscription.enable_exactly_once_delivery', { enableExactlyOnceDelivery: true }],
  ['subscription.retain_acked_messages', { retainAckedMessages: true }],
  ['subscription.detached', { detached: true }],
  ['subscription.message_transforms', { messageTransforms: [UDF] }],
  ['subscription.tags', { tags: { 'p/k': 'v' } }],
  ['subscription.bigquery_config', { bigqueryConfig: { table: 't' } }],
  ['subscription.cloud_storage_config', { cloudStorageConfig: { bucket: 'b' } }],
  ['expiration_policy.ttl', { expirationPolicy: { ttl: { seconds: 86_400 } } }],
  ['push_config.no_wrapper', { pushConfig: { pushEndpoint: URL_OF_PUSH, noWrapper: { writeMetadata: false } } }],
  ['push_config.oidc_token', { pushConfig: { pushEndpoint: URL_OF_PUSH, oidcToken: { serviceAccountEmail: 'a@b' } } }],
])('does not take a subscription with %s, which it would not honour', async (field, settings) => {
  const refused = { code: Code.UNIMPLEMENTED, details: expect.stringContaining(field) };
  await expect(create(fixture, settings)).rejects.toMatchObject(refused);
  const [subscription] = await create(fixture, {});
  // The library has a field pushEndpoint of its own, which stands for the push configuration.
  await expect(subscription.setMetadata(settings)).rejects.toHaveProperty('code');
  expect((await subscription.getMetadata())[0]).toMatchObject({ pushConfig: { pushEndpoint: '' }, detached: false });
});

it.each<[field: string, settings: object]>([
  ['topic.message_retention_duration', { messageRetentionDuration: { seconds: 600 } }],
  ['topic.kms_key_name', { kmsKeyName: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' }],
  ['topic.schema_settings', { schemaSettings: { schema: 'projects/p/schemas/s' } }],
  ['topic.message_transforms', { messageTransforms: [UDF] }],
])('does not take a topic with %s, which it would not honour', async (field, settings) => {
  const refused = fixture.client.createTopic({ name: 'second', ...settings });
  await expect(refused).rejects.toMatchObject({ code: Code.UNIMPLEMENTED, details: expect.stringContaining(field) });
});

it.each<[string, object]>([
  ['a subscription that never expires', { expirationPolicy: {} }],
  ['the wrapper that is the default', { pushConfig: { pushEndpoint: URL_OF_PUSH, pubsubWrapper: {} } }],
  ['the version that is the default', { pushConfig: { attributes: { 'x-goog-version': 'v1' } } }],
])('takes %s', async (_what, settings) => {
  await create(fixture, settings);
});

it('refuses a subscription twice', async () => {
  await create(fixture, {});
  await expect(create(fixture, {})).rejects.toMatchObject({ code: Code.ALREADY_EXISTS });
});

function create({ client }: Fixture, options: object) {
  return client.topic('events').createSubscription('sub', options);
}
