import { setTimeout as sleep } from 'node:timers/promises';
import { deploy } from '../build/deploy.ts';
import { SECRET } from '../events/sign.ts';
import { ask, preload } from '../services/functions/preload.ts';
import { exchange } from '../services/raw-http.ts';
import { startEmulatorThread } from './emulator-thread.ts';
import { leaveMeasuredCore } from './pinned-process.ts';
import { signedRequest } from './requests.ts';
import { type Outcome, openLoop, post } from './send.ts';
import { type Running, start, webhook } from './subjects.ts';
import { startTinyChunks } from './tiny-chunks.ts';
import { WORST_REQUESTS } from './worst-requests.ts';

const TOPIC = 'projects/p/topics/incident-events';
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

interface Cost {
  readonly memoryMiB: number;
  readonly holdMs: number;
}

/** Prints what senders without the secret can cost the webhook, as it is deployed. */
async function main(): Promise<void> {
  leaveMeasuredCore();
  const [folder = ''] = await deploy();
  const pubsub = await startEmulatorThread(TOPIC);
  const env = {
    INCIDENT_WEBHOOK_SECRET: SECRET,
    INCIDENT_EVENTS_TOPIC: TOPIC,
    PUBSUB_EMULATOR_HOST: pubsub.host,
    NODE_OPTIONS: preload(WATCH),
  };
  const subject = webhook('webhook', folder, env);
  const running = await start({ ...subject, program: { ...subject.program, channel: true } });
  try {
    await printSingleRequests(running);
    await printTinyChunks(running);
  } finally {
    await running.stop();
    await pubsub.stop();
  }
}

async function printSingleRequests(running: Running): Promise<void> {
  // Warm: what is measured is what one more request costs.
  const plain = WORST_REQUESTS['1 MiB, forged']?.[1]() ?? '';
  for (let at = 0; at < WARM_UP; at += 1) await exchange(running.port, plain);
  for (const [name, [, make]] of Object.entries(WORST_REQUESTS)) {
    const bytes = make();
    const costs: Cost[] = [];
    for (let run = 0; run < RUNS; run += 1) costs.push(await costOf(running, bytes));
    const worst = (key: keyof Cost) => Math.max(...costs.map((cost) => cost[key])).toFixed(1);
    console.log(`${name.padEnd(36)} memory +${worst('memoryMiB')} MiB, event loop held ${worst('holdMs')} ms`);
  }
}

async function costOf(running: Running, bytes: Buffer): Promise<Cost> {
  await sleep(300);
  const before = running.residentMiB();
  running.resetPeak();
  await ask(running.child);
  await exchange(running.port, bytes);
  await sleep(100);
  const holdMs = await ask(running.child);
  return { memoryMiB: running.peakMiB() - before, holdMs };
}

async function printTinyChunks({ url, port }: Running): Promise<void> {
  const tiny = startTinyChunks(port, TINY_CONNECTIONS, TINY_SECONDS);
  const [events] = await openLoop([() => post(url, signedRequest())], EVENTS_PER_SECOND, TINY_SECONDS);
  const slowest = Math.max(...(events?.latencies ?? []));
  const met = slowest <= SLOWEST_EVENT_MS ? 'met' : 'missed';
  const bodies = await tiny;
  console.log(`${TINY_CONNECTIONS} connections, bodies in chunks of a byte, for ${TINY_SECONDS} s`);
  console.log(
    `  bodies answered ${countsOf(bodies)}; authentic events answered ${countsOf(events?.outcomes ?? new Map())}`,
  );
  console.log(`  slowest authentic event ${slowest.toFixed(0)} ms; bar: at most ${SLOWEST_EVENT_MS} ms, ${met}`);
}

function countsOf(outcomes: ReadonlyMap<Outcome, number>): string {
  return [...outcomes].map(([outcome, count]) => `${outcome}: ${count}`).join(', ');
}

await main();
