import fc from 'fast-check';
import { SECRET, sign } from '../../tools/events/sign.ts';
import { mutate, mutations, NOW, requests } from '../../tools/fuzz/mutate.ts';
import { createJudge } from '../../tools/fuzz/verdict.ts';

const judge = createJudge([SECRET], NOW);

it('accepts every request that is signed', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      expect(await judge(request)).toBe('accepted');
    }),
  );
});

it('accepts none of which one byte or one header was changed', async () => {
  await fc.assert(
    fc.asyncProperty(requests, mutations, async (request, mutation) => {
      const mutated = mutate(request, mutation);
      fc.pre(mutated !== undefined);
      expect(await judge(mutated)).not.toBe('accepted');
    }),
    { numRuns: 2_000 },
  );
});

it('accepts no other spelling of a signature: each of its characters counts', async () => {
  const body = Buffer.from('{"success":true}');
  const { 'webhook-signature': signature = '', ...rest } = sign(body, { timestamp: NOW });
  for (let index = 0; index < signature.length; index += 1) {
    for (let byte = 0; byte < 128; byte += 1) {
      const mutated = signature.slice(0, index) + String.fromCharCode(byte) + signature.slice(index + 1);
      if (mutated === signature) continue;
      const rawHeaders = Object.entries({ ...rest, 'webhook-signature': mutated }).flat();
      const verdict = await judge({ rawHeaders, body });
      if (verdict === 'accepted') throw new Error(`accepted: ${JSON.stringify(mutated)}`);
    }
  }
});

it('refuses any headers and any bytes with a reason, and throws nothing else', async () => {
  const names = ['webhook', 'svix'].flatMap((family) => [`${family}-id`, `${family}-timestamp`, `${family}-signature`]);
  const name = fc.constantFrom(...names, 'Webhook-Id');
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', 'v1,', `v1,${'A'.repeat(43)}=`, String(NOW), 'msg_1', `v1,${'\u00e9'.repeat(44)}`),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 8 }), fc.uint8Array(), async (headers, bytes) => {
      expect(await judge({ rawHeaders: headers.flat(), body: Buffer.from(bytes) })).not.toBe('accepted');
    }),
    { numRuns: 2_000 },
  );
});

it('judges each time by whole seconds, and no other text for a time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.integer({ min: -1_000, max: 1_000 }).map((skew) => String(NOW + skew)),
        fc.string(),
      ),
      async (text) => {
        const body = Buffer.from('{}');
        const timestamp = Number(text);
        fc.pre(timestamp !== 0 || text === '0');
        const headers = { ...sign(body, { timestamp }), 'webhook-timestamp': text };
        const inTime = /^[1-9][0-9]*$/.test(text) && Math.abs(timestamp - NOW) <= 300;
        expect((await judge({ rawHeaders: Object.entries(headers).flat(), body })) === 'accepted').toBe(inTime);
      },
    ),
    { numRuns: 1_000 },
  );
});
