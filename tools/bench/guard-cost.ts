import { setTimeout as sleep } from 'node:timers/promises';
import { NODE_OPTIONS } from '../services/functions/function-process.ts';
import { ask, preload } from '../services/functions/preload.ts';
import { exchange } from '../services/raw-http.ts';
import { type Running, start, withEnv } from './process.ts';
import { countOutcomes, openLoop } from './send.ts';
import { startSystem } from './system.ts';
import { sendTinyChunks } from './tiny-chunks.ts';
import { WORST_REQUESTS } from './worst-requests.ts';

const WARM_UP = 20;
const RUNS = 5;
/** As many as an instance is given at once. */
const TINY_CONNECTIONS = 80;
const TINY_SECONDS = 15;
const EVENTS_PER_SECOND = 10;
/** Contract: how late the slowest authentic event may be beside them. */
const SLOWEST_EVENT_MS = 2_000;
/**
 * In the function's process: tells for how many milliseconds at most its event loop did not turn
 * since it was asked last.
 */
const WATCH = `
  import { monitorEventLoopDelay } from 'node:perf_hooks';
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  process.on('message', () => {
    process.send(delay.max / 1e6);
    delay.reset();
  });
`;

await using system = await startSystem();
const watched = withEnv(system.webhook, { NODE_OPTIONS: `${NODE_OPTIONS} ${preload(WATCH)}` });
await using running = await start({ ...watched, channel: true });
await printSingleRequests(running);
await printTinyChunks(running);

async function printSingleRequests(running: Running): Promise<void> {
  // Warm: what is measured is what one more request costs.
  const plain = WORST_REQUESTS['1 MiB, forged']?.[1]() ?? '';
  for (let sent = 0; sent < WARM_UP; sent += 1) await exchange(running.port, plain);
  for (const [name, [, make]] of Object.entries(WORST_REQUESTS)) {
    const bytes = make();
    const [memoryMiB, holdMs]: [number[], number[]] = [[], []];
    for (let run = 0; run < RUNS; run += 1) {
      await sleep(300);
      const before = running.residentMiB();
      running.resetPeak();
      await ask(running.child);
      await exchange(running.port, bytes);
      await sleep(100);
      holdMs.push(await ask(running.child));
      memoryMiB.push(running.peakMiB() - before);
    }
    const [memory, hold] = [Math.max(...memoryMiB).toFixed(1), Math.max(...holdMs).toFixed(1)];
    console.log(`${name.padEnd(36)} memory +${memory} MiB, event loop held ${hold} ms`);
  }
}

async function printTinyChunks({ port, send }: Running): Promise<void> {
  const tiny = sendTinyChunks(port, TINY_CONNECTIONS, TINY_SECONDS);
  const events = await openLoop(send, EVENTS_PER_SECOND, TINY_SECONDS);
  const bodies = countOutcomes(await tiny);
  const slowest = Math.max(...events.latencies);
  const met = slowest <= SLOWEST_EVENT_MS ? 'met' : 'missed';
  console.log(`${TINY_CONNECTIONS} connections, bodies in chunks of a byte, for ${TINY_SECONDS} s`);
  console.log(`  bodies answered ${bodies}; authentic events answered ${countOutcomes(events.outcomes)}`);
  console.log(`  slowest authentic event ${slowest.toFixed(0)} ms; bar: at most ${SLOWEST_EVENT_MS} ms, ${met}`);
}
