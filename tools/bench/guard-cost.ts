import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { deploy } from '../build/deploy.ts';
import { SECRET } from '../events/sign.ts';
import { freePort } from '../services/functions/free-port.ts';
import { type FunctionProcess, startFunction } from '../services/functions/function-process.ts';
import { ask, preload } from '../services/functions/preload.ts';
import { exchange } from '../services/raw-http.ts';
import { WORST_REQUESTS } from './worst-requests.ts';

const WARM_UP = 20;
const RUNS = 5;
/** In the function's process: tells for how many milliseconds at most its event loop did not turn since it was asked last. */
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

/** Prints what each of them costs the webhook, as it is deployed. */
async function main(): Promise<void> {
  const [folder = ''] = await deploy();
  const port = await freePort();
  const running = await startFunction({
    folder,
    target: 'incidentWebhook',
    port,
    env: {
      INCIDENT_WEBHOOK_SECRET: SECRET,
      INCIDENT_EVENTS_TOPIC: 'projects/p/topics/none',
      PUBSUB_EMULATOR_HOST: '127.0.0.1:1',
      NODE_OPTIONS: preload(WATCH),
    },
  });
  try {
    // Warm: what is measured is what one more request costs.
    const plain = WORST_REQUESTS['1 MiB, forged']?.[1]() ?? '';
    for (let at = 0; at < WARM_UP; at += 1) await exchange(port, plain);
    for (const [name, [, make]] of Object.entries(WORST_REQUESTS)) {
      const bytes = make();
      const costs: Cost[] = [];
      for (let run = 0; run < RUNS; run += 1) costs.push(await costOf(running, port, bytes));
      const worst = (key: keyof Cost) => Math.max(...costs.map((cost) => cost[key])).toFixed(1);
      console.log(`${name.padEnd(36)} memory +${worst('memoryMiB')} MiB, event loop held ${worst('holdMs')} ms`);
    }
  } finally {
    await running.stop();
  }
}

async function costOf({ process: child }: FunctionProcess, port: number, bytes: Buffer): Promise<Cost> {
  const pid = child.pid ?? 0;
  await sleep(300);
  const before = memoryOf(pid, 'VmRSS');
  // Linux: resets the peak to what is resident now (proc(5), clear_refs).
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  await ask(child);
  await exchange(port, bytes);
  await sleep(100);
  const holdMs = await ask(child);
  return { memoryMiB: (memoryOf(pid, 'VmHWM') - before) / 1024, holdMs };
}

/** In KiB. */
function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`^${field}:\\s+([0-9]+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]);
}

await main();
