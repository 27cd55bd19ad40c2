import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { SECRET, sign } from '../test/support/sign.ts';
import { dial, exchange, type RawRequest, toBytes } from '../test/support/wire.ts';
import { freePort } from './local-system/free-port.ts';
import { startFunction } from './local-system/function-process.ts';

const MEBIBYTE = 1024 * 1024;
const RUNS = 5;
const forged = sign('', { secret: `whsec_${'A'.repeat(24)}` });

/** The worst single requests that somebody without the secret can make. */
const REQUESTS: Record<string, () => Buffer> = {
  'gzip bomb, 100 MB': () => toBytes(bomb('gzip', gzipSync(Buffer.alloc(100 * MEBIBYTE)))),
  'brotli bomb, 200 MB': () => toBytes(bomb('br', brotliCompressSync(Buffer.alloc(200 * MEBIBYTE)))),
  '1 MiB, forged': () => toBytes({ headers: forged, body: Buffer.alloc(MEBIBYTE, 'x') }),
  '1 MiB beyond ASCII, forged': () => toBytes({ headers: forged, body: Buffer.from('é'.repeat(MEBIBYTE / 2)) }),
  '1 MiB not UTF-8, forged': () => toBytes({ headers: forged, body: Buffer.alloc(MEBIBYTE, 0xff) }),
  '1 MiB of [, forged': () => toBytes({ headers: forged, body: '['.repeat(MEBIBYTE) }),
  '1 MiB, no headers': () => toBytes({ body: Buffer.alloc(MEBIBYTE, 'x') }),
  '1 MiB in chunks of a byte, forged': () =>
    toBytes({ headers: forged, body: Buffer.alloc(MEBIBYTE, 'x'), chunked: 1 }),
  '16 MiB, chunked': () => toBytes({ headers: forged, body: Buffer.alloc(16 * MEBIBYTE, 'x'), chunked: true }),
  '1,000 headers': () => toBytes({ headers: { 'webhook-id': Array.from({ length: 1_000 }, () => 'x') } }),
};

interface Cost {
  readonly memoryMiB: number;
  readonly holdMs: number;
}

/** Prints what each of them costs the function that `npm run build` wrote. */
async function main(): Promise<void> {
  const port = await freePort();
  const running = await startFunction({
    folder: join(import.meta.dirname, '..', 'dist', 'incident-webhook'),
    target: 'incidentWebhook',
    port,
    env: {
      INCIDENT_WEBHOOK_SECRET: SECRET,
      INCIDENT_EVENTS_TOPIC: 'projects/p/topics/none',
      PUBSUB_EMULATOR_HOST: '127.0.0.1:1',
    },
  });
  const pid = running.process.pid ?? 0;
  try {
    // Warm: what is measured is what one more request costs.
    for (let at = 0; at < 20; at += 1)
      await exchange(port, toBytes({ headers: forged, body: Buffer.alloc(MEBIBYTE, 'x') }));
    for (const [name, make] of Object.entries(REQUESTS)) {
      const bytes = make();
      const costs: Cost[] = [];
      for (let run = 0; run < RUNS; run += 1) costs.push(await costOf(pid, port, bytes));
      const worst = (key: keyof Cost) => Math.max(...costs.map((cost) => cost[key])).toFixed(1);
      console.log(`${name.padEnd(36)} memory +${worst('memoryMiB')} MiB, event loop held ${worst('holdMs')} ms`);
    }
  } finally {
    await running.stop();
  }
}

async function costOf(pid: number, port: number, bytes: Buffer): Promise<Cost> {
  await sleep(300);
  const before = memoryOf(pid, 'VmRSS');
  // Linux: resets the peak to what is resident now (proc(5), clear_refs).
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const probe = await startProbe(port);
  await exchange(port, bytes);
  await sleep(100);
  const holdMs = await probe.stop();
  return { memoryMiB: (memoryOf(pid, 'VmHWM') - before) / 1024, holdMs };
}

/** Asks for small answers without a pause; the longest wait for one is about how long the event loop was held. */
async function startProbe(port: number): Promise<{ stop(): Promise<number> }> {
  const wire = await dial(port);
  const request = toBytes({ method: 'GET', path: '/' });
  let running = true;
  let longest = 0;
  const asking = (async () => {
    while (running) {
      const askedAt = performance.now();
      wire.write(request);
      await wire.answer();
      longest = Math.max(longest, performance.now() - askedAt);
      await sleep(1);
    }
  })();
  return {
    async stop() {
      running = false;
      await asking;
      wire.socket.destroy();
      return longest;
    },
  };
}

/** In KiB. */
function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`^${field}:\\s+([0-9]+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]);
}

function bomb(encoding: string, body: Buffer): RawRequest {
  return { headers: { ...forged, 'Content-Encoding': encoding }, body };
}

await main();
