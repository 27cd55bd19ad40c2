import { parseSigningSecret } from '../../shared/signing-secret.ts';
import { SECRET } from '../../tools/events/sign.ts';

const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 'k').toString('base64')}`;

it.each([
  ['a newline at its end', `${SECRET}\n`, SECRET],
  ['white space around it', ` \t${SECRET}\r\n`, SECRET],
  ['16 bytes', secretOf(16), secretOf(16)],
  ['75 bytes', secretOf(75), secretOf(75)],
  ['15 bytes', secretOf(15), undefined],
  ['76 bytes', secretOf(76), undefined],
  ['nothing', '', undefined],
  ['the prefix alone', 'whsec_', undefined],
  ['no prefix', SECRET.slice(6), undefined],
  ['another prefix', `WHSEC_${SECRET.slice(6)}`, undefined],
  ['no padding', secretOf(16).replaceAll('=', ''), undefined],
  ['base64url', `whsec_${'-_'.repeat(12)}`, undefined],
  ['two secrets', `${SECRET} ${SECRET}`, undefined],
  ['a newline within', `whsec_${SECRET.slice(6, 12)}\n${SECRET.slice(12)}`, undefined],
])('reads a secret, or finds that it is none: %s', (_name, text, expected) => {
  expect(parseSigningSecret(text)).toBe(expected);
});
