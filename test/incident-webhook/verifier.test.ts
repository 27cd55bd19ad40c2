import { createVerifier } from '../../functions/incident-webhook/verifier.ts';
import { deadlineAfter } from '../../shared/deadline.ts';
import { SECRET, sign } from '../../tools/events/sign.ts';
import { createJudge } from '../../tools/fuzz/verdict.ts';
import { judged, raw } from './acceptance.ts';

const NO_SECRETS: string[] = [];
const BODY = '{"test": 2432232314}';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';

it('knows the published answer', async () => {
  const headers = [
    ...['webhook-id', ID],
    ...['webhook-timestamp', '1614265330'],
    ...['webhook-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  ];
  expect(await judged(headers, '{"test": 2432232314}')).toBe('accepted');
  expect(await judged(headers, '{"test": 2432232315}')).toBe('signature');
});

it('hands out the id and the text that were signed', async () => {
  const some = async (): Promise<boolean> => true;
  const verify = createVerifier({ some }, () => 1_614_265_330_000);
  const headers = raw(sign(BODY, { id: ID, timestamp: 1_614_265_330 }));
  expect(await verify(headers, Buffer.from(BODY), deadlineAfter(1_000))).toEqual({ webhookId: ID, text: BODY });
});

it('cannot decide while the configuration is wrong, but refuses what is malformed or too old', async () => {
  const verify = createVerifier(undefined, () => 1_614_265_330_000);
  const reason = (headers: string[]) => verify(headers, Buffer.from(BODY), deadlineAfter(1_000));
  await expect(reason(raw(sign(BODY, { timestamp: 1_614_265_330 })))).rejects.toMatchObject({
    reason: 'configuration',
  });
  await expect(reason(raw(sign(BODY, { timestamp: 1_614_265_000 })))).rejects.toMatchObject({ reason: 'timestamp' });
  await expect(reason([])).rejects.toMatchObject({ reason: 'missing_header' });
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
  ])('does not match %s', async (_name, signature) => {
    expect(await judged(withSignature(signature), BODY)).toBe('signature');
  });

  it.each([
    ['with the only key', [SECRET]],
    ['with the first of two keys', [SECRET, `whsec_${'A'.repeat(24)}`]],
    ['with the last of two keys', [`whsec_${'A'.repeat(24)}`, SECRET]],
  ])('matches %s', async (_name, secrets) => {
    expect(await judged(raw(headers), BODY, secrets)).toBe('accepted');
  });

  it.each([
    ['of another key', raw(sign(BODY, { secret: `whsec_${'A'.repeat(24)}` })), BODY],
    ['of another body', raw(headers), `${BODY} `],
    ['of another id', raw({ ...headers, 'webhook-id': `${ID}x` }), BODY],
    ['of another time', raw({ ...headers, 'webhook-timestamp': '1614265331' }), BODY],
    ['without any key', raw(headers), BODY, NO_SECRETS],
  ])('does not match %s', async (_name, rawHeaders, body, secrets = [SECRET]) => {
    expect(await judged(rawHeaders, body, secrets)).toBe('signature');
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
  it('are refused where they are not UTF-8, even if U+FFFD was signed', async () => {
    const headers = raw(sign('{"a":"\ufffd"}'));
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(await judged(headers, '{"a":"\ufffd"}')).toBe('accepted');
    expect(await judged(headers, bytes)).toBe('not_utf8');
  });

  it.each([
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong form', [0xc0, 0xae]],
    ['a cut-off character', [0xe2, 0x82]],
    ['UTF-16', [0x7b, 0x00, 0xff, 0xfe]],
  ])('are refused: %s', async (_name, bytes) => {
    const body = Buffer.from(bytes);
    expect(await judged(raw(sign(body)), body)).toBe('not_utf8');
  });

  it('keep their byte order mark', async () => {
    const verify = createVerifier({ some: async () => true }, () => Date.now());
    const body = Buffer.from([0xef, 0xbb, 0xbf, 0x78]);
    expect((await verify(raw(sign(body)), body, deadlineAfter(1_000))).text).toBe('\ufeffx');
  });
});

describe('the age', () => {
  const NOW = 1_795_450_765;
  it.each([
    [0, 'accepted'],
    [-300, 'accepted'],
    [300, 'accepted'],
    [-300.999, 'accepted'],
    [300.999, 'timestamp'],
    [-301, 'timestamp'],
    [301, 'timestamp'],
  ])('%d s ahead of our clock is judged in whole seconds', async (skew, expected) => {
    const judge = createJudge([SECRET], NOW - skew);
    const rawHeaders = raw(sign(BODY, { timestamp: NOW }));
    expect(await judge({ rawHeaders, body: Buffer.from(BODY) })).toBe(expected);
  });

  it('is told to the log', async () => {
    const verify = createVerifier({ some: async () => true }, () => (1_000 + 301.5) * 1000);
    const verified = verify(raw(sign(BODY, { timestamp: 1_000 })), Buffer.from(BODY), deadlineAfter(1_000));
    await expect(verified).rejects.toMatchObject({ detail: '-301 s' });
  });
});
