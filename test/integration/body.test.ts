import { SECRET } from '../../tools/events/sign.ts';
import { bodyOf, leadRole } from '../incident-webhook/body.ts';
import { type Expected, expectCleanOutput, expectRow, PUBLISHED, type Row } from '../support/hostile-table.ts';
import { startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

const MEBIBYTE = 1024 * 1024;
const NOT_JSON: Expected = [400, 'rejected', 'ERROR', 'not_json'];
const SCHEMA: Expected = [422, 'rejected', 'ERROR', 'schema'];
const TOO_LARGE: Expected = [413, 'rejected', 'WARNING', 'too_large'];
/** In every body below that could show up where it must not. */
const MARK = 'Lisa Karlin Curtis';

let system: WebhookSystem;
beforeAll(async () => {
  system = await startWebhookSystem();
});
afterAll(() => system.stop());

describe('size and shape of the body', () => {
  it.each<Row>([
    ['39: empty, signed', { body: '' }, NOT_JSON],
    ['42: 1 MiB exactly', { body: ofLength(MEBIBYTE) }, PUBLISHED],
    ['42: 1 MiB exactly, chunked', { body: ofLength(MEBIBYTE), chunked: true }, PUBLISHED],
    ['21: chunks of a byte', { body: bodyOf({ name: MARK.repeat(200) }), chunked: 1 }, PUBLISHED],
    ['21: chunks of 1,000 bytes', { body: ofLength(MEBIBYTE), chunked: 1_000 }, PUBLISHED],
    ['41: 1 MiB and a byte, in chunks of 1,000 bytes', { body: ofLength(MEBIBYTE + 1), chunked: 1_000 }, TOO_LARGE],
    ['42: 1 MiB and a byte', { body: ofLength(MEBIBYTE + 1) }, TOO_LARGE],
    ['42: 1 MiB and a byte, chunked', { body: ofLength(MEBIBYTE + 1), chunked: true }, TOO_LARGE],
    ['40: a length of 1 GB, and nothing else', { headers: { 'Content-Length': '1073741824' } }, TOO_LARGE],
    ['40: a length beyond all numbers', { headers: { 'Content-Length': '9'.repeat(15) } }, TOO_LARGE],
    ['53: 4 MB of [', { body: '['.repeat(4_000_000) }, TOO_LARGE],
    ['53: 4 MB of [, chunked', { body: '['.repeat(4_000_000), chunked: true }, TOO_LARGE],
    [
      '43: no JSON and a bad signature',
      { body: `{${MARK}`, signing: { secret: `whsec_${'A'.repeat(24)}` } },
      [401, 'rejected', 'WARNING', 'signature'],
    ],
    ...[
      bodyOf().slice(0, -1),
      '{"success":true,}',
      '{"success":NaN}',
      "{'success':true}",
      '{} x',
      `{"${MARK}`,
    ].map<Row>((body) => [`44: ${body.slice(-20)}`, { body }, NOT_JSON]),
    ...['null', '1', '"x"', '[]', '{}'].map<Row>((body) => [`45, 46: ${body}`, { body }, SCHEMA]),
    ['47: a byte order mark', { body: `\ufeff${bodyOf()}` }, NOT_JSON],
    ['48: bytes that are not UTF-8', { body: broken('\ufffd') }, [401, 'rejected', 'WARNING', 'not_utf8']],
    ['50: duplicate keys, of which the last counts', { body: inIncident('"id":5') }, PUBLISHED],
    ['51: __proto__', { body: inIncident('"__proto__":{"reference":"INC-1"}') }, PUBLISHED],
    ['51: constructor', { body: inIncident('"constructor":{"prototype":{"mode":"x"}}') }, PUBLISHED],
    ['52: arrays 5,000 deep', { body: inIncident(`"a":${'['.repeat(5_000)}${']'.repeat(5_000)}`) }, PUBLISHED],
    ['52: arrays 500,000 deep', { body: inIncident(`"a":${'['.repeat(500_000)}${']'.repeat(500_000)}`) }, PUBLISHED],
    [
      '54: 60,000 keys',
      { body: bodyOf(Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [at, at]))) },
      PUBLISHED,
    ],
    ...['9007199254740993', '1e999', '-0'].map<Row>((id) => [
      `55: the id ${id}`,
      { body: inIncident(`"id":${id}`, true) },
      SCHEMA,
    ]),
    ['56: a name of 1 MB', { body: bodyOf({ name: MARK.repeat(55_000) }) }, PUBLISHED],
    [
      '110: 20,000 leads',
      { body: bodyOf({ incident_role_assignments: Array.from({ length: 12_000 }, () => leadRole({})) }) },
      PUBLISHED,
    ],
    [
      '1,000,000 bytes of errors',
      { body: bodyOf({ incident_role_assignments: Array.from({ length: 500_000 }, () => 0) }) },
      SCHEMA,
    ],
  ])('%s', async (...row) => {
    await expectRow(system, row);
  });
});

it('wrote one JSON line a request, and nothing of what it was sent', () => {
  expectCleanOutput(system.output, [SECRET.slice(6), 'v1,', MARK, '[[[']);
});

function ofLength(bytes: number): string {
  return bodyOf({ name: 'x'.repeat(bytes - bodyOf({ name: '' }).length) });
}

function inIncident(json: string, last = false): string {
  return last ? bodyOf({ id: undefined }).replace('{}', `{${json}}`) : bodyOf().replace('{"id"', `{${json},"id"`);
}

function broken(character: string): Buffer {
  const [before, after] = bodyOf({ name: character }).split(character);
  return Buffer.concat([Buffer.from(before ?? ''), Buffer.from([0xff]), Buffer.from(after ?? '')]);
}
