import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { EXAMPLES } from '../events/payload.ts';
import { SECRET } from '../events/sign.ts';
import { mutate, mutations, NOW, requests, signed } from './mutate.ts';
import { createJudge, readingOf } from './verdict.ts';

/** Mostly the same few requests, since signing a new one each time would be most of the work. */
const FEW = [
  readFileSync(join(EXAMPLES, 'private_incident.incident_updated_v2.json')),
  Buffer.from('{"name":"\ufffd💥"}'),
  Buffer.alloc(0),
].map((body, index) => signed(body, `msg_${index}`, NOW));
const toMutate = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...FEW) }, { weight: 1, arbitrary: requests });

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: String(Date.now()) } },
});
const [numRuns, seed] = [Number(values.count), Number(values.seed) | 0];
console.log(`${numRuns} mutations of one byte or one header, seed ${seed}`);
const startedAtMs = performance.now();
const judge = createJudge([SECRET], NOW);
const verdicts: Record<string, number> = {};
const readings: Record<string, number> = {};
const result = await fc.check(
  fc.asyncProperty(toMutate, mutations, async (request, mutation) => {
    const mutated = mutate(request, mutation);
    fc.pre(mutated !== undefined);
    const verdict = await judge(mutated);
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    const reading = readingOf(mutated.body);
    readings[reading] = (readings[reading] ?? 0) + 1;
    return verdict !== 'accepted';
  }),
  { numRuns, seed, maxSkipsPerRun: 10 },
);
const { accepted = 0, ...refused } = verdicts;
console.log('refused as:', refused);
console.log('the same bodies, had they been signed, are read as:', readings);
if (result.failed) console.log(fc.defaultReportMessage(result));
const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
console.log(`accepted: ${accepted}, uncaught: ${result.failed && accepted === 0 ? 1 : 0}, in ${seconds} s`);
process.exitCode = result.failed ? 1 : 0;
