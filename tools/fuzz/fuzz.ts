import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutation, mutate, OPERATIONS, type SignedRequest } from './mutate.ts';
import { createJudge, readingOf } from './verdict.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const NOW = 1_795_450_765;

/** Signed requests to mutate: an example of incident.io, a small one that uses U+FFFD and four-byte characters, and an empty body. */
function requests(): SignedRequest[] {
  const example = 'schemas/examples/official-2025-12/private_incident.incident_updated_v2.json';
  return [
    readFileSync(join(import.meta.dirname, '..', '..', example)),
    Buffer.from(
      '{"event_type":"public_incident.incident_updated_v2","public_incident.incident_updated_v2":{"id":"01","name":"\ufffd💥"}}',
    ),
    Buffer.alloc(0),
  ].map((body, at) => {
    const id = `msg_${at}`;
    const digest = createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
      .update(`${id}.${NOW}.`)
      .update(body);
    return {
      headers: {
        'webhook-id': id,
        'webhook-timestamp': String(NOW),
        'webhook-signature': `v1,${digest.digest('base64')}`,
      },
      body,
    };
  });
}

/** Mulberry32: the same seed gives the same run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Mutates signed requests `count` times; returns how many were accepted. */
async function fuzz(count: number, seed: number): Promise<number> {
  const judge = createJudge([SECRET], NOW);
  const signed = requests();
  for (const request of signed) {
    const same = { rawHeaders: Object.entries(request.headers).flat(), body: request.body };
    if ((await judge(same)) !== 'accepted') throw new Error('a request is refused before anything is changed');
  }
  const next = randomFrom(seed);
  const verdicts = new Map<string, number>();
  const readings = new Map<string, number>();
  const add = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  let tried = 0;
  while (tried < count) {
    const request = signed[next() % signed.length];
    if (request === undefined) continue;
    // One in ten drops or repeats a header; there are few ways to do that.
    const operation = OPERATIONS[next() % 10 === 0 ? 3 + (next() % 2) : next() % 3] ?? 'change';
    const part = operation.endsWith('header') ? 1 + (next() % 3) : next() % 4;
    if (part === 0 && request.body.length === 0 && operation !== 'insert') continue;
    const mutation: Mutation = { operation, part, position: next(), byte: next() };
    const mutated = mutate(request, mutation);
    if (mutated === undefined) continue;
    tried += 1;
    const verdict = await judge(mutated);
    add(verdicts, verdict);
    if (verdict === 'accepted') console.log('accepted:', mutation, mutated.rawHeaders);
    if (part === 0) add(readings, readingOf(mutated.body));
  }
  console.log('refused as:', Object.fromEntries([...verdicts].filter(([name]) => name !== 'accepted')));
  console.log('mutated bodies, had they been signed, are read as:', Object.fromEntries(readings));
  return verdicts.get('accepted') ?? 0;
}

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: String(Date.now()) } },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
console.log(`${count} mutations of one byte or one header, seed ${seed}`);
const startedAt = performance.now();
const accepted = await fuzz(count, seed);
console.log(`accepted: ${accepted}, uncaught: 0, in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
process.exitCode = accepted === 0 ? 0 : 1;
