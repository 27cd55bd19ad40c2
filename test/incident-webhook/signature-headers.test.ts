import { readSignatureHeaders } from '../../functions/incident-webhook/signature-headers.ts';
import { sign } from '../../tools/events/sign.ts';
import { judged, raw, reasonOf } from './acceptance.ts';

const BODY = '{"success":true}';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';

describe('the headers', () => {
  const valid = sign(BODY, { id: ID });
  const [timestamp = '', signature = ''] = [valid['webhook-timestamp'], valid['webhook-signature']];
  const three = (id: string, at: string, signatures: string, family = 'webhook') =>
    raw({ [`${family}-id`]: id, [`${family}-timestamp`]: at, [`${family}-signature`]: signatures });
  const wrong = `v1,${'A'.repeat(43)}=`;

  it.each([
    ['in any letter case', three(ID, timestamp, signature, 'WebHook')],
    ['of the svix family', three(ID, timestamp, signature, 'svix')],
    [
      'of both families, where webhook-* is right',
      [...three(ID, timestamp, signature), ...three('x', '1', 'x', 'svix')],
    ],
    ['with a valid signature among wrong ones', three(ID, timestamp, `${wrong} ${signature} ${wrong}`)],
    ['with a valid signature at the end', three(ID, timestamp, `${wrong} ${wrong} ${signature}`)],
    ['with entries of other schemes', three(ID, timestamp, `junk v1a,x v2,y ${signature}`)],
    ['with 16 signatures, the last valid', three(ID, timestamp, `${`${wrong} `.repeat(15)}${signature}`)],
  ])('are accepted %s', async (_name, headers) => {
    expect(await judged(headers, BODY)).toBe('accepted');
  });

  it.each<[string, string, string[]]>([
    ['none of them', 'missing_header', []],
    ['no id', 'missing_header', three(ID, timestamp, signature).slice(2)],
    ['no signature', 'missing_header', three(ID, timestamp, signature).slice(0, 4)],
    ['an empty id', 'missing_header', three('', timestamp, signature)],
    ['an empty timestamp', 'missing_header', three(ID, '', signature)],
    ['an empty signature', 'missing_header', three(ID, timestamp, '')],
    [
      'an id of one family and the rest of the other',
      'missing_header',
      [...['webhook-id', ID], ...three(ID, timestamp, signature, 'svix').slice(2)],
    ],
    [
      'webhook-signature alone beside all of svix-*',
      'missing_header',
      [...['webhook-signature', signature], ...three(ID, timestamp, signature, 'svix')],
    ],
    ['the id twice', 'repeated_header', ['webhook-id', ID, ...three(ID, timestamp, signature)]],
    ['the timestamp twice', 'repeated_header', ['Webhook-Timestamp', timestamp, ...three(ID, timestamp, signature)]],
    ['the signature twice', 'repeated_header', [...three(ID, timestamp, signature), 'webhook-signature', wrong]],
    ['an id with a full stop', 'bad_id', three('msg.1', timestamp, signature)],
    ['an id with a space', 'bad_id', three('msg 1', timestamp, signature)],
    ['an id with quotes', 'bad_id', three('"msg"', timestamp, signature)],
    ['an id with a newline', 'bad_id', three('msg\n', timestamp, signature)],
    ['an id beyond ASCII', 'bad_id', three('msg\u00e9', timestamp, signature)],
    ['an id of 257 characters', 'bad_id', three('i'.repeat(257), timestamp, signature)],
    ...[
      'hello',
      'NaN',
      'Infinity',
      '0',
      '-1',
      '1.7e9',
      '0x5f5e100',
      '1614265330abc',
      '1614265330.0',
      '+1614265330',
    ].map<[string, string, string[]]>((text) => [`the timestamp ${text}`, 'bad_timestamp', three(ID, text, signature)]),
    ['a timestamp with a zero in front', 'bad_timestamp', three(ID, `0${timestamp}`, signature)],
    ['a timestamp with a space in front', 'bad_timestamp', three(ID, ` ${timestamp}`, signature)],
    ['a timestamp with a newline', 'bad_timestamp', three(ID, `${timestamp}\n`, signature)],
    ['a timestamp of 13 digits, as milliseconds', 'bad_timestamp', three(ID, `${timestamp}000`, signature)],
    ['a timestamp in full-width digits', 'bad_timestamp', three(ID, '１６１４２６５３３０', signature)],
    ['17 signatures', 'too_many_signatures', three(ID, timestamp, `${`${wrong} `.repeat(16)}${signature}`)],
    ['17 entries of any scheme', 'too_many_signatures', three(ID, timestamp, `${'x '.repeat(16)}${signature}`)],
    ['only v2', 'no_v1', three(ID, timestamp, signature.replace('v1,', 'v2,'))],
    ['only v1a', 'no_v1', three(ID, timestamp, signature.replace('v1,', 'v1a,'))],
    ['v1 without a comma', 'no_v1', three(ID, timestamp, signature.replace('v1,', 'v1'))],
    ['V1', 'no_v1', three(ID, timestamp, signature.replace('v1,', 'V1,'))],
    ['the signature alone', 'no_v1', three(ID, timestamp, signature.replace('v1,', ''))],
  ])('are refused: %s', (_name, reason, headers) => {
    expect(reasonOf(() => readSignatureHeaders(headers))).toBe(reason);
  });

  it.each([
    ['id', three('i'.repeat(256), '1', 'v1,'), { webhookId: 'i'.repeat(256) }],
    ['timestamp', three('i', '999999999999', 'v1,'), { timestamp: 999_999_999_999 }],
  ])('may have the longest %s', (_name, headers, expected) => {
    expect(readSignatureHeaders(headers)).toMatchObject(expected);
  });
});
