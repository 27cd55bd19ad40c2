import { createHmac } from 'node:crypto';
import { SECRET, sign } from '../../tools/events/sign.ts';
import { preload } from '../../tools/services/functions/preload.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import {
  type Expected,
  expectCleanOutput,
  expectOutcome,
  expectRow,
  PUBLISHED,
  type Row,
} from '../support/hostile-table.ts';
import { type Sending, startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

const BODY = bodyOf();
const NOW = Math.floor(Date.now() / 1000);
const WRONG = `v1,${'A'.repeat(43)}=`;
const SECOND_SECRET = 'whsec_c2Vjb25kIHNlY3JldCBmb3IgdGVzdHM=';
const [VALID = '', ID = 'msg_signed'] = [sign(BODY, { id: 'msg_signed', timestamp: NOW })['webhook-signature']];
const FAMILIES = ['webhook', 'svix'] as const;

const refused = (reason: string): Expected => [401, 'rejected', 'WARNING', reason];
/** A valid request whose signature header is replaced. */
const signature = (text: string): Sending => ({
  body: BODY,
  signing: { id: ID, timestamp: NOW },
  headers: { 'webhook-signature': text },
});
/** A request with exactly these three headers of a family. */
const three = (id: string, timestamp: string, text: string, family = 'webhook'): Sending => ({
  body: BODY,
  signing: null,
  headers: { [`${family}-id`]: id, [`${family}-timestamp`]: timestamp, [`${family}-signature`]: text },
});
const and = (sending: Sending, headers: Sending['headers']): Sending => ({
  ...sending,
  headers: { ...sending.headers, ...headers },
});
/** A request that somebody signed who knows the secret, but writes the time in his own way. */
const timeAs = (text: string): Sending => {
  const key = Buffer.from(SECRET.slice(6), 'base64');
  return three(ID, text, `v1,${createHmac('sha256', key).update(`${ID}.${text}.${BODY}`, 'latin1').digest('base64')}`);
};

let system: WebhookSystem;
beforeAll(async () => {
  system = await startWebhookSystem({ INCIDENT_WEBHOOK_SECRET: `${SECRET} ${SECOND_SECRET}` });
});
afterAll(() => system.stop());

it.each<Row>([
  ['57: no header', { body: BODY, signing: null }, refused('missing_header')],
  ...FAMILIES.flatMap((family) =>
    ['id', 'timestamp', 'signature'].flatMap<Row>((field) => [
      [
        `58: no ${family}-${field}`,
        { body: BODY, signing: { family }, headers: { [`${family}-${field}`]: [] } },
        refused('missing_header'),
      ],
      [
        `59: an empty ${family}-${field}`,
        { body: BODY, signing: { family }, headers: { [`${family}-${field}`]: '' } },
        refused('missing_header'),
      ],
      [`72, 73: ${family}-${field} twice`, twice(`${family}-${field}`, family), refused('repeated_header')],
    ]),
  ),
  ['60, 81: another secret', { body: BODY, signing: { secret: `whsec_${'A'.repeat(24)}` } }, refused('signature')],
  ['131: the second secret', { body: BODY, signing: { secret: SECOND_SECRET } }, PUBLISHED],
  ['61: a changed body', { ...signature(VALID), body: `${BODY} ` }, refused('signature')],
  ['62: cut to v1,', signature('v1,'), refused('signature')],
  ['62: cut to 8 characters', signature(VALID.slice(0, 8)), refused('signature')],
  ['63: the first of three is valid', signature(`${VALID} ${WRONG} ${WRONG}`), PUBLISHED],
  ['63: the second of three is valid', signature(`${WRONG} ${VALID} ${WRONG}`), PUBLISHED],
  ['63: the last of three is valid', signature(`${WRONG} ${WRONG} ${VALID}`), PUBLISHED],
  ['64: none of three is valid', signature(`${WRONG} ${WRONG} ${WRONG}`), refused('signature')],
  ['65: 16 entries, the last valid', signature(`${`${WRONG} `.repeat(15)}${VALID}`), PUBLISHED],
  ['65: 17 entries, the last valid', signature(`${`${WRONG} `.repeat(16)}${VALID}`), refused('too_many_signatures')],
  ['66: only v2', signature(VALID.replace('v1', 'v2')), refused('no_v1')],
  ['66: only v1a', signature(VALID.replace('v1', 'v1a')), refused('no_v1')],
  ['67: junk before it', signature(`junk v1a,x ${VALID}`), PUBLISHED],
  ['68: no comma', signature(VALID.replace(',', '')), refused('no_v1')],
  ['68: V1', signature(VALID.replace('v1', 'V1')), refused('no_v1')],
  ['69: more behind a comma', signature(`${VALID},extra`), refused('signature')],
  ['70: no padding', signature(VALID.slice(0, -1)), refused('signature')],
  ['70: hex', signature(`v1,${Buffer.from(VALID.slice(3), 'base64').toString('hex')}`), refused('signature')],
  ['71: beyond ASCII', signature(`v1,${'\u00e9'.repeat(43)}=`), refused('signature')],
  ['75: names in any letter case', { ...three(ID, String(NOW), VALID, 'WeBhOoK') }, PUBLISHED],
  ['76: the svix family', { body: BODY, signing: { family: 'svix' } }, PUBLISHED],
  ['77: both families, webhook-* valid', and(signature(VALID), three('x', '1', 'x', 'svix').headers), PUBLISHED],
  [
    '78: both families, svix-* valid',
    and({ body: BODY, signing: { family: 'svix' } }, three(ID, String(NOW), WRONG).headers),
    refused('signature'),
  ],
  [
    '79: webhook-id and the rest of svix-*',
    and({ body: BODY, signing: { family: 'svix', id: ID }, headers: { 'svix-id': [] } }, { 'webhook-id': ID }),
    refused('missing_header'),
  ],
  ...['msg.1', 'a b', '"a"', "a'b", 'm\u00e9', 'a,b', 'i'.repeat(257)].map<Row>((id) => [
    `80: the id ${id.slice(0, 10)}`,
    three(id, String(NOW), VALID),
    refused('bad_id'),
  ]),
  ['80: an id of 256 characters', { body: BODY, signing: { id: 'i'.repeat(256) } }, PUBLISHED],
  // Far from the limit, since a busy machine sends late; verifier.test.ts has it to the second, with a clock.
  ...[-301, 420, -86_400 * 365].map<Row>((skew) => [
    `83: ${skew} s`,
    { body: BODY, signing: { timestamp: NOW + skew } },
    refused('timestamp'),
  ]),
  ...[-180, 290].map<Row>((skew) => [`84: ${skew} s`, { body: BODY, signing: { timestamp: NOW + skew } }, PUBLISHED]),
  ...[
    'hello',
    'NaN',
    'Infinity',
    '0',
    '-1',
    '1.7e9',
    '0x6b04d0cd',
    `${NOW}abc`,
    `${NOW}.0`,
    `+${NOW}`,
    `0${NOW}`,
    `${NOW}000`,
  ].map<Row>((text) => [`85 to 87: the time ${text}`, timeAs(text), refused('bad_timestamp')]),
  ['85: full-width digits', timeAs('\u00ef\u00bc\u0091'), refused('bad_timestamp')],
])('%s', async (...row) => {
  await expectRow(system, row);
});

it('88, 89, 91: publishes a replay, a retry and a second subscription', async () => {
  const first = await system.send({ body: BODY, signing: { id: 'msg_again', timestamp: NOW } });
  const replay = await system.send({ body: BODY, signing: { id: 'msg_again', timestamp: NOW } });
  const retry = await system.send({ body: BODY, signing: { id: 'msg_again', timestamp: NOW + 5 } });
  const other = await system.send({ body: BODY, signing: { id: 'msg_other', timestamp: NOW } });
  for (const sent of [first, replay, retry, other]) await expectOutcome(system, sent, PUBLISHED);
  const ids = [first, replay, retry, other].map((sent) => system.publishedFor(sent)[0]?.attributes['webhookId']);
  expect(ids).toEqual(['msg_again', 'msg_again', 'msg_again', 'msg_other']);
});

it('logs a well-formed id before it is authenticated, and no other', async () => {
  const known = await system.send({ ...signature(WRONG), signing: { id: 'msg_stranger' } });
  expect((await system.linesOf(known))[0]?.metadata['webhookId']).toBe('msg_stranger');
  const odd = await system.send(three('msg.odd', String(NOW), VALID));
  expect((await system.linesOf(odd))[0]?.metadata).not.toHaveProperty('webhookId');
});

it('gives every 401 the same body', async () => {
  const bodies = new Set<string | undefined>();
  for (const sending of [signature(WRONG), timeAs('0'), three('a.b', '1', ''), { body: Buffer.from([0xff]) }]) {
    bodies.add((await system.send(sending)).answer?.body);
  }
  expect([...bodies]).toEqual([
    '{"type":"about:blank","title":"The request could not be authenticated.","status":401}',
  ]);
});

it('ignores a traceparent that is not in the W3C form', async () => {
  for (const traceparent of ['x', `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`, ['00-1-2-3', '00-1-2-3']]) {
    const before = system.emulator.published('projects/alan-eu-tools/topics/incident-events').length;
    expect((await system.send({ body: BODY, headers: { traceparent } })).answer?.status).toBe(204);
    const [message] = system.emulator.published('projects/alan-eu-tools/topics/incident-events').slice(before);
    expect(message?.attributes).not.toHaveProperty('traceparent');
  }
});

it('92: refuses everything while our own clock is wrong by six minutes, and tells the log by how much', async () => {
  const late = await startWebhookSystem({
    NODE_OPTIONS: preload('const now = Date.now; Date.now = () => now() + 360_000;'),
  });
  try {
    const sent = await expectRow(late, ['92', { body: BODY }, refused('timestamp')]);
    expect((await late.linesOf(sent))[0]?.message).toMatch(/ -36[01] s$/);
  } finally {
    await late.stop();
  }
});

it('wrote one JSON line a request, and nothing of what it was sent', () => {
  expectCleanOutput(system.output, [
    SECRET.slice(6),
    SECOND_SECRET.slice(6),
    VALID.slice(3),
    WRONG,
    'msg.',
    `${NOW}abc`,
  ]);
});

function twice(name: string, family: 'webhook' | 'svix'): Sending {
  const value = sign(BODY, { family, id: ID, timestamp: NOW })[name] ?? '';
  return { body: BODY, signing: { family, id: ID, timestamp: NOW }, headers: { [name]: [value, value] } };
}
