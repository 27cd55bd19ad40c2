import { once } from 'node:events';
import { connect } from 'node:net';
import { type DemoMessage, startDemoSubscriber } from '../../tools/services/demo-subscriber.ts';

const received: DemoMessage[] = [];
let broken = false;
const subscriber = await startDemoSubscriber((message) => {
  if (broken) throw new Error('the disk is full');
  received.push(message);
});

afterAll(() => subscriber.stop());

afterEach(() => {
  received.length = 0;
});

const base64 = (text: string) => Buffer.from(text).toString('base64');
const push = (message: unknown, headers = {}) =>
  fetch(subscriber.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ message }),
  }).then(({ status }) => status);

it.each<[name: string, message: object, expected: DemoMessage]>([
  [
    'an event',
    { messageId: '1', attributes: { webhookId: 'msg_1' }, data: base64('{"a":1}') },
    { messageId: '1', attributes: { webhookId: 'msg_1' }, data: { a: 1 } },
  ],
  ['no attributes', { messageId: '1', data: base64('{}') }, { messageId: '1', attributes: {}, data: {} }],
  ['no data', { messageId: '1', attributes: {} }, { messageId: '1', attributes: {}, data: '' }],
  ['text', { messageId: '1', data: base64('hello') }, { messageId: '1', attributes: {}, data: 'hello' }],
])('takes a message with %s', async (_, message, expected) => {
  expect(await push(message)).toBe(204);
  expect(received).toEqual([expected]);
});

it.each<[name: string, message: unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a list', []],
  ['a text', 'hello'],
  ['a number for an attribute', { messageId: '1', attributes: { webhookId: 5 }, data: '' }],
  ['null for an attribute', { messageId: '1', attributes: { webhookId: null }, data: '' }],
  ['a list of attributes', { messageId: '1', attributes: ['a'], data: '' }],
  ['null for attributes', { messageId: '1', attributes: null, data: '' }],
  ['a number for data', { messageId: '1', data: 5 }],
  ['a number for an id', { messageId: 1, data: '' }],
  ['no id', { data: '' }],
])('refuses %s in place of a message', async (_, message) => {
  expect(await push(message)).toBe(400);
  expect(received).toEqual([]);
});

it.each<[name: string, headers: Record<string, string>, status: number]>([
  ['text/plain, as a page of another site can send it', { 'content-type': 'text/plain' }, 415],
  ['text/plain that names JSON', { 'content-type': 'text/plain; application/json' }, 415],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ['JSON of another site', { origin: 'https://evil.example' }, 403],
])('refuses %s', async (_, headers, status) => {
  expect(await push({ messageId: '1', data: '' }, headers)).toBe(status);
  expect(received).toEqual([]);
});

it('refuses a body that no message has', async () => {
  expect(await push({ messageId: '1', data: 'a'.repeat(17_000_000) }).catch(() => 413)).toBe(413);
  expect(received).toEqual([]);
});

it('goes on after a message that could not be kept, and after a sender that left', async () => {
  broken = true;
  expect(await push({ messageId: '1', data: '' })).toBe(500);
  broken = false;
  const socket = connect(Number(new URL(subscriber.url).port), '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{');
  await once(socket, 'connect');
  socket.resetAndDestroy();
  expect(await push({ messageId: '1', data: '' })).toBe(204);
});
