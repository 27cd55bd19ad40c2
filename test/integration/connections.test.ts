import { setTimeout as sleep } from 'node:timers/promises';
import { ask, preload } from '../../tools/services/functions/preload.ts';
import { dial, toBytes } from '../../tools/services/raw-http.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { concurrently } from '../support/concurrently.ts';
import { expectForm } from '../support/hostile-table.ts';
import { startWebhookSystem, withWebhookSystem } from '../support/webhook-system.ts';

const MEBIBYTE = 1024 * 1024;
const BODY = bodyOf();

const shared = startWebhookSystem();
afterAll(async () => (await shared).stop());

concurrently('20, 21: answers 408 after 5 s to a body that does not come, and closes', async () => {
  const { port, prepare } = await shared;
  await Promise.all(
    [
      toBytes({ headers: { 'Content-Length': '1000' }, body: 'x' }),
      'POST /webhooks/incident/lead HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n',
      prepare({ body: BODY }).bytes.subarray(0, -1),
    ].map(async (bytes) => {
      const connection = await dial(port);
      const startedAt = performance.now();
      connection.write(bytes);
      const trickle = setInterval(() => connection.write(''), 500);
      expectForm(await connection.answer(), 408);
      expect(performance.now() - startedAt).toBeGreaterThan(4_900);
      expect(performance.now() - startedAt).toBeLessThan(8_000);
      await connection.closed;
      clearInterval(trickle);
    }),
  );
});

for (const [name, status, request] of [
  ['413, declared', 413, { headers: { 'Content-Length': String(64 * MEBIBYTE) } }],
  ['413, chunked', 413, { headers: { 'Transfer-Encoding': 'chunked', 'Content-Length': [] } }],
  ['415', 415, { headers: { 'Content-Encoding': 'gzip', 'Content-Length': String(64 * MEBIBYTE) } }],
  ['404', 404, { path: '/x', headers: { 'Content-Length': String(64 * MEBIBYTE) } }],
] as const) {
  concurrently(`answers a client that is still sending, reads no further, and closes: ${name}`, async () => {
    const connection = await dial((await shared).port);
    connection.write(toBytes(request));
    let sent = 0;
    let closed = false;
    void connection.closed.then(() => {
      closed = true;
    });
    const chunk = Buffer.alloc(65_536, 'x');
    const framed = status === 413 && 'Transfer-Encoding' in request.headers;
    const sending = (async () => {
      while (sent < 64 * MEBIBYTE && !closed) {
        const bytes = framed ? Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]) : chunk;
        if (!connection.socket.write(bytes)) await Promise.race([oneEvent(connection, 'drain'), connection.closed]);
        sent += chunk.length;
      }
    })();
    expectForm(await connection.answer(), status);
    await connection.closed;
    await sending;
    expect(sent).toBeLessThan(32 * MEBIBYTE);
  });
}

concurrently('keeps the connection after a small refusal', async () => {
  const { port, prepare } = await shared;
  const connection = await dial(port);
  for (const [bytes, status] of [
    [toBytes({ method: 'GET', path: '/' }), 404],
    [toBytes({ body: BODY, path: '/' }), 404],
    [toBytes({ body: BODY, method: 'PUT' }), 405],
    [toBytes({ body: BODY, headers: { 'Content-Encoding': 'br' } }), 415],
    [toBytes({ body: BODY }), 401],
    [prepare({ body: '{}' }).bytes, 422],
    [prepare({ body: BODY }).bytes, 204],
  ] as const) {
    connection.write(bytes);
    expectForm(await connection.answer(), status);
  }
  connection.socket.destroy();
});

concurrently('24: finishes the publish of a sender that hangs up, and survives hanging up at any point', async () => {
  const system = await shared;
  const whole = system.prepare({ body: BODY });
  for (let cut = 1; cut <= whole.bytes.length; cut += 23) {
    const connection = await dial(system.port);
    connection.write(whole.bytes.subarray(0, cut));
    await sleep(1);
    connection.socket.resetAndDestroy();
  }
  const gone = system.prepare({ body: BODY });
  system.intercept = () => ({ delayMs: 300 });
  const connection = await dial(system.port);
  connection.write(gone.bytes);
  await sleep(100);
  connection.socket.resetAndDestroy();
  expect((await system.linesOf(gone))[0]).toMatchObject({ severity: 'INFO', metadata: { outcome: 'published' } });
  expect(system.publishedFor(gone)).toHaveLength(1);
  system.intercept = () => undefined;
  expectForm((await system.send({ body: BODY })).answer, 204);
});

concurrently(
  "23: a sender of one header byte a second is cut off by Node's own limit, which the framework leaves in force",
  () =>
    withWebhookSystem(
      async (system) => {
        await system.send({ body: BODY });
        expect(await ask(system.process.process)).toBe(60_000);
      },
      {
        NODE_OPTIONS: preload(`
        import { subscribe } from 'node:diagnostics_channel';
        subscribe('http.server.request.start', ({ server }) =>
          process.once('message', () => process.send(server.headersTimeout)));
      `),
      },
    ),
);

function oneEvent(connection: Awaited<ReturnType<typeof dial>>, event: 'drain'): Promise<void> {
  return new Promise((resolve) => {
    connection.socket.once(event, () => resolve());
  });
}
