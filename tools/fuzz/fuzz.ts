import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { SECRET } from '../events/sign.ts';
import { mutations, NOW, requests, signed } from './arbitraries.ts';
import { mutate } from './mutate.ts';
import { createJudge, readingOf } from './verdict.ts';

const EXAMPLE = join(
  import.meta.dirname,
  '../../schemas/examples/official-2026-08/private_incident.incident_updated_v2.json',
);

/** Mostly the same few requests, since signing a new one each time would be most of the work. */
const FEW = [readFileSync(EXAMPLE), Buffer.from('{"name":"\ufffd💥"}'), Buffer.alloc(0)].map((body, index) =>
  signed(body, `msg_${index}`, NOW),
);
const toMutate = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...FEW) }, { weight: 1, arbitrary: requests });

/** Counts by name. */
function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: String(Date.now()) } },
});
const [numRuns, seed] = [Number(values.count), Number(values.seed) | 0];
console.log(`${numRuns} mutations of one byte or one header, seed ${seed}`);
const startedAt = performance.now();
const judge = createJudge([SECRET], NOW);
const [verdicts, readings] = [new Map<string, number>(), new Map<string, number>()];
const result = await fc.check(
  fc.asyncProperty(toMutate, mutations, async (request, mutation) => {
    const mutated = mutate(request, mutation);
    fc.pre(mutated !== undefined);
    const verdict = await judge(mutated);
    count(verdicts, verdict);
    count(readings, readingOf(mutated.body));
    return verdict !== 'accepted';
  }),
  { numRuns, seed, maxSkipsPerRun: 10 },
);
console.log('refused as:', Object.fromEntries([...verdicts].filter(([name]) => name !== 'accepted')));
console.log('the same bodies, had they been signed, are read as:', Object.fromEntries(readings));
if (result.failed) console.log(fc.defaultReportMessage(result));
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(
  `accepted: ${verdicts.get('accepted') ?? 0}, uncaught: ${result.errorInstance === null ? 0 : 1}, in ${seconds} s`,
);
process.exitCode = result.failed ? 1 : 0;
