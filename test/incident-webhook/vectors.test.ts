import { parseSigningSecret } from '../../shared/signing-secret.ts';
import { createJudge } from '../../tools/fuzz/verdict.ts';
import { bodyOf, headersOf, isValid, secretOf, VECTORS } from '../support/signature-vectors.ts';

const CLOCK = 1_795_450_765;
const REQUESTS = VECTORS.filter(({ stage }) => stage === 'verify');
/** Those that are about a secret; our tolerance is fixed. */
const SECRETS = VECTORS.filter((vector) => vector.stage === 'construct' && vector.configuredTolerance === undefined);

it.each(REQUESTS.map((vector) => [vector.name, vector] as const))(
  'agrees with the published case %s',
  async (_name, vector) => {
    const clock = vector.now ?? CLOCK;
    const secret = parseSigningSecret(secretOf(vector));
    const request = { rawHeaders: Object.entries(headersOf(vector, clock)).flat(), body: bodyOf(vector) };
    const judge = createJudge(secret === undefined ? [] : [secret], clock);
    expect((await judge(request)) === 'accepted').toBe(isValid(vector));
  },
);

it.each(SECRETS.map((vector) => [vector.name, vector] as const))('refuses the secret of %s', (_name, vector) => {
  expect(isValid(vector)).toBe(false);
  expect(parseSigningSecret(secretOf(vector))).toBeUndefined();
});

it('leaves out none but the cases of other interfaces', () => {
  const left = VECTORS.filter((vector) => !REQUESTS.includes(vector) && !SECRETS.includes(vector));
  expect([REQUESTS.length, SECRETS.length, left.length]).toEqual([78, 6, 8]);
});
