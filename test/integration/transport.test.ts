import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { SECRET } from '../../tools/events/sign.ts';
import { dial, exchange, toBytes } from '../../tools/services/raw-http.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { type Expected, expectCleanOutput, expectRow, PUBLISHED, type Row } from '../support/hostile-table.ts';
import { startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

const BODY = bodyOf();
const NOT_FOUND: Expected = [404, 'rejected', 'INFO', 'not_found'];
const METHOD: Expected = [405, 'rejected', 'INFO', 'method'];
const EXPECTATION: Expected = [417, 'rejected', 'WARNING', 'expectation'];
const ENCODED: Expected = [415, 'rejected', 'WARNING', 'content_encoding'];

let system: WebhookSystem;
beforeAll(async () => {
  system = await startWebhookSystem();
});
afterAll(() => system.stop());

it.each<Row>([
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'].map<Row>((method) => [
    `1: ${method} /`,
    { method, path: '/', signing: null },
    NOT_FOUND,
  ]),
  ...['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS', 'QUERY', 'PROPFIND'].map<Row>((method) => [
    `2 to 4: ${method} on the path`,
    { method, headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' } },
    METHOD,
  ]),
  ['2: PUT with a signed body', { method: 'PUT', body: BODY }, METHOD],
  ...[
    '/webhooks/incident/lead/',
    '//webhooks/incident/lead',
    '/Webhooks/incident/lead',
    '/webhooks/incident/lead%00',
    '/webhooks/incident/lead;x',
    '/webhooks/incident/lead#x',
    '/%77ebhooks/incident/lead',
    '/a/../webhooks/incident/lead',
    '/webhooks/incident/./lead',
    '/%00',
    '/%',
    '/%zz',
    '/%c0%ae',
    'http://evil.example/webhooks/incident/lead',
    '*',
    '/favicon.ico',
    '/robots.txt',
    '/?path=/webhooks/incident/lead',
  ].map<Row>((path) => [`7 to 12: ${path}`, { path, body: BODY }, NOT_FOUND]),
  ['11: a query is ignored', { path: '/webhooks/incident/lead?webhook-id=x&a[b]=%zz', body: BODY }, PUBLISHED],
  [
    '11: headers in the query do not count',
    {
      path: '/webhooks/incident/lead?webhook-id=m&webhook-timestamp=1&webhook-signature=v1,x',
      body: BODY,
      signing: null,
    },
    [401, 'rejected', 'WARNING', 'missing_header'],
  ],
  ['14: 500 small headers', { headers: many(500), body: BODY }, PUBLISHED],
  ['a chunked body', { body: BODY, chunked: true }, PUBLISHED],
  ['38: an expectation that nobody knows', { body: BODY, headers: { Expect: 'x' } }, EXPECTATION],
  ['a body with Expect: 100-continue', { body: BODY, headers: { Expect: '100-continue' } }, PUBLISHED],
  [
    'an upgrade that is not taken up',
    { body: BODY, headers: { Connection: 'Upgrade', Upgrade: 'websocket' } },
    PUBLISHED,
  ],
  ...[undefined, ';;;', 'text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream'].map<Row>(typed),
  ...['application/vnd.x+json', 'application/cloudevents+json', 'multipart/form-data; boundary=x'].map<Row>(typed),
  ...['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json;;;x'].map<Row>(typed),
  ...['application/json; charset=iso-8859-1', 'application/json; charset=bogus'].map<Row>(typed),
  [
    '29: UTF-16, as its content type says',
    {
      body: Buffer.from(BODY, 'utf16le').fill(0xff, 0, 1),
      headers: { 'content-type': 'application/json; charset=utf-16le' },
    },
    [401, 'rejected', 'WARNING', 'not_utf8'],
  ],
  encoded('30: gzip', 'gzip', gzipSync(BODY)),
  encoded('30: deflate', 'deflate', deflateSync(BODY)),
  encoded('30: brotli', 'br', brotliCompressSync(BODY)),
  encoded('31: a gzip bomb', 'gzip', gzipSync(Buffer.alloc(32 * 1024 * 1024))),
  encoded('34: a brotli bomb', 'br', brotliCompressSync(Buffer.alloc(32 * 1024 * 1024))),
  encoded('35: gzip that is none', 'gzip', Buffer.from(BODY)),
  ...['zstd', 'x', 'gzip, gzip', 'identity, gzip', 'identity;q=1', 'GZIP', 'x-gzip'].map<Row>((encoding) =>
    encoded(`36: ${encoding}`, encoding, Buffer.from(BODY)),
  ),
  [
    '36: identity and gzip in two headers',
    { body: BODY, headers: { 'Content-Encoding': ['identity', 'gzip'] } },
    ENCODED,
  ],
  ['37: identity', { body: BODY, headers: { 'Content-Encoding': 'identity' } }, PUBLISHED],
  ['37: Identity', { body: BODY, headers: { 'Content-Encoding': 'Identity' } }, PUBLISHED],
])('%s', async (...row) => {
  await expectRow(system, row);
});

it.each<[string, number | undefined, string]>([
  ['5: an unknown verb', 400, 'FOO /webhooks/incident/lead HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['5: a verb in lower case', 400, 'post /webhooks/incident/lead HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['6: CONNECT', undefined, 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['8: a byte beyond ASCII in the path', 400, 'POST /webhooks/incident/le\u00e4d HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['13: a header of 20 kB', 431, head(`X: ${'x'.repeat(20_000)}`)],
  ['13: a request line of 20 kB', 431, `POST /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['14: 2,100 small headers', 401, head('x: y\r\n'.repeat(2_100).trimEnd())],
  ['15: no Host', 400, 'POST /webhooks/incident/lead HTTP/1.1\r\n\r\n'],
  ['16: a NUL in a header', 400, head('webhook-id: a\u0000b')],
  ['16: a bare line feed', 400, head('webhook-id: a\nwebhook-timestamp: 1')],
  ['16: a folded header', 400, head('webhook-id: a\r\n b')],
  ['16: a space before the colon', 400, head('webhook-id : a')],
  ['17: both lengths', 400, head('Content-Length: 3\r\nTransfer-Encoding: chunked')],
  ['18: two lengths', 400, head('Content-Length: 3\r\nContent-Length: 4')],
  ['18: a length that is none', 400, head('Content-Length: 0x10')],
  ['22: a bad chunk size', 400, `${head('Transfer-Encoding: chunked')}zz\r\n`],
])("%s is refused by Node's parser or never reaches the function", async (_name, status, bytes) => {
  const published = system.emulator.published('projects/alan-eu-tools/topics/incident-events').length;
  expect((await exchange(system.port, bytes))?.status).toBe(status);
  expect(system.emulator.published('projects/alan-eu-tools/topics/incident-events')).toHaveLength(published);
});

it('19: refuses what comes behind the length of a body, and publishes nothing of it', async () => {
  const sent = system.prepare({ body: BODY, headers: { 'Content-Length': '10' } });
  expect((await exchange(system.port, sent.bytes))?.status).toBe(400);
  expect(system.publishedFor(sent)).toEqual([]);
});

it('answers pipelined requests in their order', async () => {
  const connection = await dial(system.port);
  const [first, last] = [system.prepare({ body: BODY }), system.prepare({ body: BODY })];
  connection.write(
    Buffer.concat([first.bytes, toBytes({ path: '/x', method: 'GET' }), toBytes({ method: 'GET' }), last.bytes]),
  );
  const statuses = [];
  for (let answers = 0; answers < 4; answers += 1) statuses.push((await connection.answer())?.status);
  expect(statuses).toEqual([204, 404, 405, 204]);
  connection.socket.destroy();
});

it('cuts a connection with too many requests at once, and serves the next one', async () => {
  const before = system.output.length;
  const connection = await dial(system.port);
  connection.write('GET /flood HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1_000));
  await connection.closed;
  expect(system.output.length - before).toBeLessThanOrEqual(16);
  await expectRow(system, ['an event', { body: BODY }, PUBLISHED]);
});

it('wrote one JSON line a request, and nothing of what it was sent', () => {
  expectCleanOutput(system.output, [SECRET, SECRET.slice(6), 'v1,', 'evil.example', 'public_incident']);
});

function many(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'y']));
}

function typed(type: string | undefined): Row {
  const headers = { 'content-type': type ?? [] };
  return [`25 to 28: the content type ${type ?? 'missing'} does not matter`, { body: BODY, headers }, PUBLISHED];
}

function encoded(name: string, encoding: string, body: Buffer): Row {
  return [name, { body, headers: { 'Content-Encoding': encoding } }, ENCODED];
}

function head(headers: string): string {
  return `POST /webhooks/incident/lead HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`;
}
