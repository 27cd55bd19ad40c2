import autocannon from 'autocannon';
import { Command, InvalidArgumentError } from 'commander';
import { deploy } from '../build/deploy.ts';
import { SECRET } from '../events/sign.ts';
import { startPostgres } from '../services/postgres/postgres.ts';
import { startEmulatorThread } from './emulator-thread.ts';
import { leaveMeasuredCore } from './pinned-process.ts';
import { forgedRequest, pushRequest, type Request, signedRequest } from './requests.ts';
import { type Calls, keptConnections, type Outcome, openLoop, post } from './send.ts';
import { quantile } from './statistics.ts';
import { lead, type Running, start, webhook } from './subjects.ts';

const TOPIC = 'projects/p/topics/incident-events';
const WARM_UP_SECONDS = 3;
const FLOOD_CONNECTIONS = 100;

const { rate, seconds, forgeries } = new Command('load')
  .description('Sends requests at a fixed rate to each function, one process on one core, and prints figures.')
  .option('--rate <count>', 'signed events, and pushes, a second', toNumber, 200)
  .option('--seconds <count>', 'of each measurement', toNumber, 60)
  .option('--forgeries <count>', 'a second, beside the signed events', toNumber, 2_000)
  .parse()
  .opts<{ rate: number; seconds: number; forgeries: number }>();

leaveMeasuredCore();
const [webhookFolder = '', leadFolder = ''] = await deploy();
const ok = [await loadWebhook(), await loadLead()].every(Boolean);
process.exitCode = ok ? 0 : 1;

async function loadWebhook(): Promise<boolean> {
  const pubsub = await startEmulatorThread(TOPIC);
  const env = { INCIDENT_WEBHOOK_SECRET: SECRET, INCIDENT_EVENTS_TOPIC: TOPIC, PUBSUB_EMULATOR_HOST: pubsub.host };
  const running = await start(webhook('signed events', webhookFolder, env));
  try {
    await send(running, signedRequest, WARM_UP_SECONDS);
    const before = await pubsub.published();
    const alone = await measure(running, 'signed events', signedRequest);
    const flooding = flood(running.url);
    const among = await measure(running, 'signed events, among forgeries', signedRequest);
    const refused = await flooding;
    const published = (await pubsub.published()) - before;
    const expected = 2 * Math.round(rate * seconds);
    console.log(`  messages published: ${published} of ${expected} events, of the forgeries none`);
    return alone && among && refused && published === expected;
  } finally {
    await running.stop();
    await pubsub.stop();
  }
}

async function loadLead(): Promise<boolean> {
  const postgres = await startPostgres();
  const running = await start(lead('pushes', leadFolder, { DATABASE_URL: postgres.readerUrl }));
  try {
    await send(running, pushRequest, WARM_UP_SECONDS);
    return await measure(running, 'pushes with a look-up', pushRequest);
  } finally {
    await running.stop();
    await postgres.stop();
  }
}

async function send(running: Running, request: () => Request, forSeconds: number): Promise<Calls> {
  const agent = keptConnections();
  const [calls] = await openLoop([() => post(running.url, request(), agent)], rate, forSeconds);
  agent.destroy();
  if (calls === undefined) throw new Error('nothing was sent');
  return calls;
}

/** Prints what an open loop met, and what it took of the process. True where every answer was 204. */
async function measure(running: Running, name: string, request: () => Request): Promise<boolean> {
  const [cpuMs, at] = [running.cpuMs(), performance.now()];
  const { outcomes, latencies } = await send(running, request, seconds);
  const tookMs = performance.now() - at;
  const quantiles = [0.5, 0.95, 0.99, 0.999, 1].map((q) => quantile(latencies, q).toFixed(1)).join(', ');
  const perSecond = (1000 * latencies.length) / tookMs;
  console.log(`${name}: ${latencies.length} sent at ${perSecond.toFixed(0)}/s, answered ${countsOf(outcomes)}`);
  console.log(`  p50, p95, p99, p99.9, worst: ${quantiles} ms`);
  const cpu = (100 * (running.cpuMs() - cpuMs)) / tookMs;
  const memory = `resident ${running.residentMiB().toFixed(0)} MiB, at most ${running.peakMiB().toFixed(0)} MiB`;
  console.log(`  the process: CPU ${cpu.toFixed(0)} % of one core, ${memory}, ERROR lines ${running.errors.length}`);
  return outcomes.get(204) === latencies.length;
}

/** Sends one forgery again and again at a fixed rate, from a thread of its own. True where all were refused. */
async function flood(url: string): Promise<boolean> {
  const { requests, errors, statusCodeStats, latency } = await autocannon({
    url,
    method: 'POST',
    ...forgedRequest(),
    connections: FLOOD_CONNECTIONS,
    overallRate: forgeries,
    duration: seconds,
    workers: 1,
  });
  const outcomes = new Map<Outcome, number>(
    Object.entries(statusCodeStats ?? {}).map(([status, { count }]) => [Number(status), count ?? 0]),
  );
  if (errors > 0) outcomes.set('errors', errors);
  const { p50, p99, max } = latency;
  console.log(
    `  forgeries: ${requests.average.toFixed(0)}/s, answered ${countsOf(outcomes)}; p50, p99, worst: ${p50}, ${p99}, ${max} ms`,
  );
  return [...outcomes.keys()].every((outcome) => outcome === 401);
}

function countsOf(outcomes: ReadonlyMap<Outcome, number>): string {
  return [...outcomes].map(([outcome, count]) => `${outcome}: ${count}`).join(', ');
}

function toNumber(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('expected a number above 0');
  return number;
}
