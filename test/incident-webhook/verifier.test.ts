import { Webhook } from 'svix';
import { checkAge, isSignedBy, readSignatureHeaders, textOf } from '../../functions/incident-webhook/verifier.ts';
import { SECRET, sign } from '../../tools/events/sign.ts';
import { isAccepted, KEYS, raw, reasonOf } from './acceptance.ts';

const NO_KEYS: Webhook[] = [];
const BODY = '{"test": 2432232314}';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';

it('knows the published answer', () => {
  const headers = readSignatureHeaders([
    ...['webhook-id', ID],
    ...['webhook-timestamp', '1614265330'],
    ...['webhook-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  ]);
  expect(isSignedBy(KEYS, headers, '{"test": 2432232314}')).toBe(true);
  expect(isSignedBy(KEYS, headers, '{"test": 2432232315}')).toBe(false);
  expect(headers).toEqual({
    webhookId: ID,
    timestamp: 1_614_265_330,
    signatures: ['v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  });
});

describe('a signature', () => {
  // The published answer: it holds a plus and a slash, which base64url spells otherwise.
  const headers = sign(BODY, { id: ID, timestamp: 1_614_265_330 });
  const valid = headers['webhook-signature'] ?? '';
  const withSignature = (text: string) => raw({ ...headers, 'webhook-signature': text });
  const bytes = Buffer.from(valid.slice(3), 'base64');

  it.each([
    ['cut to v1,', 'v1,'],
    ['cut to 8 characters', valid.slice(0, 8)],
    ['cut by one', valid.slice(0, -1)],
    ['with more behind a comma', `${valid},extra`],
    ['with more behind it', `${valid}A`],
    ['with junk in front, which a lax decoder drops', `v1,!!${valid.slice(3)}`],
    ['in base64url', `v1,${bytes.toString('base64url')}`],
    ['in base64url with padding', `v1,${bytes.toString('base64url')}=`],
    ['in hex', `v1,${bytes.toString('hex')}`],
    ['with a character beyond ASCII', valid.replace(/.{2}$/, '\u00e9=')],
    ['with the unused bits of its last character set', respelled(valid)],
    ['in capitals', valid.toUpperCase().replace('V1,', 'v1,')],
    ['behind a tab', `v1,x\t${valid}`],
  ])('does not match %s', (_name, signature) => {
    expect(isAccepted(withSignature(signature), BODY)).toBe(false);
  });

  it.each([
    ['with the only key', [SECRET]],
    ['with the first of two keys', [SECRET, `whsec_${'A'.repeat(24)}`]],
    ['with the last of two keys', [`whsec_${'A'.repeat(24)}`, SECRET]],
  ])('matches %s', (_name, secrets) => {
    expect(
      isAccepted(
        raw(headers),
        BODY,
        secrets.map((secret) => new Webhook(secret)),
      ),
    ).toBe(true);
  });

  it.each([
    ['of another key', raw(sign(BODY, { secret: `whsec_${'A'.repeat(24)}` })), BODY],
    ['of another body', raw(headers), `${BODY} `],
    ['of another id', raw({ ...headers, 'webhook-id': `${ID}x` }), BODY],
    ['of another time', raw({ ...headers, 'webhook-timestamp': '1614265331' }), BODY],
    ['without any key', raw(headers), BODY, NO_KEYS],
  ])('does not match %s', (_name, rawHeaders, body, keys = KEYS) => {
    expect(isAccepted(rawHeaders, body, keys)).toBe(false);
  });

  /** The last character before the padding holds two bits that decode to nothing. */
  function respelled(signature: string): string {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const last = alphabet[alphabet.indexOf(signature.at(-2) ?? '') + 1] ?? '';
    const other = `${signature.slice(0, -2)}${last}=`;
    expect(Buffer.from(other.slice(3), 'base64')).toEqual(Buffer.from(signature.slice(3), 'base64'));
    return other;
  }
});

describe('the bytes', () => {
  it('are refused where they are not UTF-8, even if U+FFFD was signed', () => {
    const headers = raw(sign('{"a":"\ufffd"}'));
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(isAccepted(headers, '{"a":"\ufffd"}')).toBe(true);
    expect(reasonOf(() => isAccepted(headers, bytes))).toBe('not_utf8');
  });

  it.each([
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong form', [0xc0, 0xae]],
    ['a cut-off character', [0xe2, 0x82]],
    ['UTF-16', [0x7b, 0x00, 0xff, 0xfe]],
  ])('are refused: %s', (_name, bytes) => {
    expect(reasonOf(() => textOf(Buffer.from(bytes)))).toBe('not_utf8');
  });

  it('keep their byte order mark', () => {
    expect(textOf(Buffer.from([0xef, 0xbb, 0xbf, 0x78]))).toBe('\ufeffx');
  });
});

describe('the age', () => {
  const headersAt = (timestamp: number) => readSignatureHeaders(raw(sign(BODY, { timestamp })));
  it.each([
    [0, 'none'],
    [-300, 'none'],
    [300, 'none'],
    [-300.999, 'none'],
    [300.999, 'timestamp'],
    [-301, 'timestamp'],
    [301, 'timestamp'],
  ])('%d s ahead of our clock is judged in whole seconds', (skew, expected) => {
    const now = 1_795_450_765;
    expect(reasonOf(() => checkAge(headersAt(now), now - skew))).toBe(expected);
  });

  it('is told to the log', () => {
    try {
      checkAge(headersAt(1_000), 1_000 + 301.5);
    } catch (error) {
      expect(error).toMatchObject({ detail: '-301 s' });
      return;
    }
    throw new Error('it was accepted');
  });
});
