import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { SECRET } from '../../tools/events/sign.ts';
import { dial, exchange, toBytes } from '../../tools/services/raw-http.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { expectCleanOutput, expectForm, expectOutcome, expectRow, PUBLISHED } from '../support/hostile-table.ts';
import { startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

const BODY = bodyOf();
const BOMB = toBytes({ body: gzipSync(Buffer.alloc(8 * 1024 * 1024)), headers: { 'Content-Encoding': 'gzip' } });
const NOT_JSON = toBytes({ body: '{', headers: { 'Content-Type': 'application/json' } });
const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/**
 * What new processes meet before anything else; the function takes the requests over from its
 * framework at the first one.
 */
it.each<[string, (system: WebhookSystem) => Promise<unknown>]>([
  ['an expectation that nobody knows', answers(['Expect: x'].map(withHeader), [417])],
  ['CONNECT', answers(['CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n'], [undefined])],
  ['garbage', answers([Buffer.from('16030100c4010000c00303', 'hex')], [400])],
  ['an upgrade', answers(['Connection: Upgrade\r\nUpgrade: h2c'].map(withHeader), [401])],
  ['a connection that says nothing', async ({ port }) => (await dial(port)).socket.destroy()],
  ['half a request, and a reset', halfARequest],
  ['a body that the framework would refuse as JSON', answers([NOT_JSON], [401])],
  ['a bomb that the framework would inflate', answers([BOMB], [415])],
  ['three at once, none of them for us', answers([withHeader('Expect: x'), 'nonsense\r\n\r\n', GET], [417, 400, 404])],
  ['three at once that the framework would answer', answers([NOT_JSON, BOMB, GET], [401, 415, 404])],
  [
    'three signed events at once',
    async (system) => {
      const all = await Promise.all([1, 2, 3].map(() => system.send({ body: BODY })));
      for (const sent of all) await expectOutcome(system, sent, PUBLISHED);
    },
  ],
  [
    'a signed event between two that are none, on one connection',
    async (system) => {
      const sent = system.prepare({ body: BODY });
      const connection = await dial(system.port);
      connection.write(Buffer.concat([NOT_JSON, sent.bytes, Buffer.from(GET)]));
      expectForm(await connection.answer(), 401);
      await expectOutcome(system, { ...sent, answer: await connection.answer() }, PUBLISHED);
      expectForm(await connection.answer(), 404);
      connection.socket.destroy();
    },
  ],
])('answers a signed event after %s, and stops with 0', async (_name, first) => {
  const system = await startWebhookSystem();
  try {
    await first(system);
    await expectRow(system, ['the next event', { body: BODY }, PUBLISHED]);
    await expectRow(system, [
      'a forged one',
      { body: BODY, signing: null },
      [401, 'rejected', 'WARNING', 'missing_header'],
    ]);
    expectCleanOutput(system.output, [SECRET.slice(6), 'public_incident']);
  } finally {
    await system.stop();
  }
  expect(await system.process.exited).toBe(0);
});

/** Sends each on a connection of its own, all at once, and expects these statuses: ours in our form. */
function answers(
  requests: readonly (string | Buffer)[],
  statuses: readonly (number | undefined)[],
): (system: WebhookSystem) => Promise<void> {
  return async ({ port }) => {
    const all = await Promise.all(requests.map((bytes) => exchange(port, bytes)));
    expect(all.map((answer) => answer?.status)).toEqual(statuses);
    for (const answer of all)
      if ([401, 404, 415].includes(answer?.status ?? 0)) expectForm(answer, answer?.status ?? 0);
  };
}

async function halfARequest({ port }: WebhookSystem): Promise<void> {
  const connection = await dial(port);
  connection.write(GET.slice(0, 20));
  await sleep(50);
  connection.socket.resetAndDestroy();
}

function withHeader(header: string): string {
  return `POST /webhooks/incident/lead HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n${header}\r\n\r\n`;
}
