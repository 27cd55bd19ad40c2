import { SECRET, sign } from '../../tools/events/sign.ts';
import { dial, exchange, type RawRequest, toBytes } from '../../tools/services/raw-http.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import {
  type Expected,
  expectCleanOutput,
  expectForm,
  expectOutcome,
  expectRow,
  PUBLISHED,
  type Row,
} from '../support/hostile-table.ts';
import { type Sending, startWebhookSystem, TOPIC, type WebhookSystem } from '../support/webhook-system.ts';

const BODY = bodyOf();
const STEP = 64 * 1024;
const NOT_FOUND: Expected = [404, 'rejected', 'INFO', 'not_found'];
const NO_SIGNATURE: Expected = [401, 'rejected', 'WARNING', 'missing_header'];
const H2C = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAoAAAAAIAAAAA' };
const SIGNATURE_TRAILERS = trailers(sign(BODY));

/** A request changed as text before it is sent. */
type EditedRow = readonly [name: string, sending: Sending, edit: (request: string) => string, expected: Expected];

let system: WebhookSystem;
beforeAll(async () => {
  system = await startWebhookSystem();
});
afterAll(() => system.stop());

it.each<Row>([
  ['an upgrade to HTTP/2 that is not taken up', { body: BODY, headers: H2C }, PUBLISHED],
  ['an upgrade to HTTP/2 without a signature', { body: BODY, headers: H2C, signing: null }, NO_SIGNATURE],
  ['GET with an upgrade to HTTP/2', { method: 'GET', headers: H2C }, [405, 'rejected', 'INFO', 'method']],
  ...[
    'http://localhost/webhooks/incident/lead',
    'https://localhost/webhooks/incident/lead',
    'HTTP://localhost/webhooks/incident/lead',
    'http:///webhooks/incident/lead',
    'http://user:password@localhost/webhooks/incident/lead',
    'http://localhost',
  ].map<Row>((path) => [`the absolute target ${path}`, { path, body: BODY }, NOT_FOUND]),
  ...[1, 2, 15].flatMap((steps) =>
    [-1, 0, 1].flatMap((more) =>
      [false, STEP].map<Row>((chunked) => [
        `a body of ${steps} times 64 KiB and ${more} bytes, ${chunked ? 'in chunks of 64 KiB' : 'with its length'}`,
        { body: ofLength(steps * STEP + more), chunked },
        PUBLISHED,
      ]),
    ),
  ),
])('%s', async (...row) => {
  await expectRow(system, row);
});

it.each<EditedRow>([
  ['HTTP/1.0', { body: BODY }, version('1.0'), PUBLISHED],
  [
    'HTTP/1.0 without Host',
    { body: BODY },
    (text) => version('1.0')(text).replace('Host: localhost\r\n', ''),
    PUBLISHED,
  ],
  ['HTTP/1.0, kept alive', { body: BODY, headers: { Connection: 'keep-alive' } }, version('1.0'), PUBLISHED],
  ['HTTP/1.0, chunked', { body: BODY, chunked: true }, version('1.0'), PUBLISHED],
  ['HTTP/1.0 without a signature', { body: BODY, signing: null }, version('1.0'), NO_SIGNATURE],
  [
    'the signature in trailers alone',
    {
      body: BODY,
      chunked: true,
      signing: null,
      headers: { Trailer: 'webhook-id, webhook-timestamp, webhook-signature' },
    },
    (text) => text.replace(/\r\n$/, `${SIGNATURE_TRAILERS}\r\n`),
    NO_SIGNATURE,
  ],
  [
    'a signature in trailers that would complete the headers',
    { body: BODY, chunked: true, headers: { 'webhook-signature': [] } },
    (text) => text.replace(/\r\n$/, `${SIGNATURE_TRAILERS}\r\n`),
    NO_SIGNATURE,
  ],
  [
    'trailers that repeat and contradict the headers',
    { body: BODY, chunked: true },
    (text) => text.replace(/\r\n$/, 'webhook-id: other\r\nwebhook-signature: v1,x\r\nContent-Encoding: gzip\r\n\r\n'),
    PUBLISHED,
  ],
])('%s', async (_name, sending, edit, expected) => {
  const sent = system.prepare(sending);
  const bytes = Buffer.from(edit(sent.bytes.toString('latin1')), 'latin1');
  await expectOutcome(system, { ...sent, answer: await exchange(system.port, bytes) }, expected);
});

it.each<[string, number | undefined, string | Buffer]>([
  ["HTTP/2's preface", 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
  ['a TLS handshake', 400, Buffer.from('16030100c4010000c00303', 'hex')],
  ['the target localhost:8080', 400, toBytes({ path: 'localhost:8080', body: BODY })],
  ['the target localhost:8080/webhooks/…', 400, toBytes({ path: 'localhost:8080/webhooks/incident/lead' })],
  ['a target without its slash', 400, toBytes({ path: 'webhooks/incident/lead', body: BODY })],
  ['CONNECT to the path', undefined, toBytes({ method: 'CONNECT', body: BODY })],
  ['CONNECT to an authority', undefined, toBytes({ method: 'CONNECT', path: 'localhost:443', body: BODY })],
])('refuses %s before the function sees it', async (_name, status, bytes) => {
  const published = system.emulator.published(TOPIC).length;
  expect((await exchange(system.port, bytes))?.status).toBe(status);
  expect(system.emulator.published(TOPIC)).toHaveLength(published);
  await expectRow(system, ['the next event', { body: BODY }, PUBLISHED]);
});

describe('a refusal, and a signed event behind it on the same connection', () => {
  it.each<[string, number, RawRequest]>([
    ['404, chunked', 404, { path: '/x', body: BODY, chunked: 10 }],
    ['405, chunked', 405, { method: 'PUT', body: BODY, chunked: 10 }],
    ['415, chunked', 415, { headers: { 'Content-Encoding': 'gzip' }, body: BODY, chunked: 10 }],
    ['401, chunked', 401, { body: BODY, chunked: 10 }],
    ['404, 64 KiB less a byte', 404, { path: '/x', body: 'x'.repeat(STEP - 1) }],
    ['404, 64 KiB', 404, { path: '/x', body: 'x'.repeat(STEP) }],
    ['404, 64 KiB and a byte', 404, { path: '/x', body: 'x'.repeat(STEP + 1) }],
  ])('%s', async (_name, status, refused) => {
    const sent = system.prepare({ body: BODY });
    const connection = await dial(system.port);
    connection.write(Buffer.concat([toBytes(refused), sent.bytes]));
    const first = await connection.answer();
    expectForm(first, status);
    const answer = await connection.answer();
    // Where the connection ends instead, the sender has been told so and sends the event again.
    if (first?.headers['connection'] === 'close') expect(answer).toBeUndefined();
    else await expectOutcome(system, { ...sent, answer }, PUBLISHED);
    await expectRow(system, ['the event, sent again', { body: BODY, signing: { id: sent.webhookId } }, PUBLISHED]);
    connection.socket.destroy();
  });

  it.each([false, true])('never takes the refused body for a request; chunked: %s', async (chunked) => {
    const hidden = system.prepare({ body: BODY });
    const connection = await dial(system.port);
    connection.write(toBytes({ path: '/x', body: hidden.bytes, chunked }));
    expectForm(await connection.answer(), 404);
    connection.socket.end();
    expect(await connection.answer()).toBeUndefined();
    expect(system.publishedFor(hidden)).toEqual([]);
  });
});

describe('a sender that closes its half of the connection', () => {
  it('behind the request: it is published all the same', async () => {
    const { sent, answer } = await halfClosed(0);
    expect((await system.linesOf(sent))[0]).toMatchObject({ metadata: { outcome: 'published', status: 204 } });
    expect(system.publishedFor(sent)).toHaveLength(1);
    if (answer !== undefined) expectForm(answer, 204);
  });

  it('within the body: 400, and nothing is published', async () => {
    const { sent, answer } = await halfClosed(-1);
    expect(answer?.status).toBe(400);
    const [line] = await system.linesOf(sent);
    expect(line).toMatchObject({ severity: 'WARNING', metadata: { reason: 'body_aborted', status: 400 } });
    expect(system.publishedFor(sent)).toEqual([]);
  });

  it('within the headers: 400, and nothing is published', async () => {
    const { sent, answer } = await halfClosed(-BODY.length - 10);
    expect(answer?.status).toBe(400);
    expect(system.publishedFor(sent)).toEqual([]);
  });

  async function halfClosed(cut: number) {
    const sent = system.prepare({ body: BODY });
    const connection = await dial(system.port);
    connection.write(cut < 0 ? sent.bytes.subarray(0, cut) : sent.bytes);
    connection.socket.end();
    const answer = await connection.answer();
    connection.socket.destroy();
    return { sent, answer };
  }
});

it('wrote one JSON line a request, and nothing of what it was sent', () => {
  expectCleanOutput(system.output, [SECRET.slice(6), 'v1,', 'public_incident', 'user:password']);
});

function version(number: string): (text: string) => string {
  return (text) => text.replace('HTTP/1.1', `HTTP/${number}`);
}

function trailers(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

function ofLength(bytes: number): string {
  return bodyOf({ name: 'x'.repeat(bytes - bodyOf({ name: '' }).length) });
}
