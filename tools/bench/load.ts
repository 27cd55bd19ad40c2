import autocannon from 'autocannon';
import { Command, InvalidArgumentError } from 'commander';
import { type Running, start } from './process.ts';
import { quantile } from './report.ts';
import { forgedRequest } from './requests.ts';
import { countOutcomes, openLoop } from './send.ts';
import { type System, startSystem } from './system.ts';

const WARM_UP_SECONDS = 3;
const FLOOD_CONNECTIONS = 100;

const { rate, seconds, forgeries } = new Command('load')
  .description('Sends requests at a fixed rate to each function, one process on one core, and prints figures.')
  .option('--rate <count>', 'signed events, and pushes, a second', toNumber, 200)
  .option('--seconds <count>', 'of each measurement', toNumber, 60)
  .option('--forgeries <count>', 'a second, beside the signed events', toNumber, 2_000)
  .parse()
  .opts<{ rate: number; seconds: number; forgeries: number }>();

await using system = await startSystem();
const ok = [await loadWebhook(system), await loadLead(system)].every(Boolean);
process.exitCode = ok ? 0 : 1;

async function loadWebhook({ webhook, published }: System): Promise<boolean> {
  await using running = await start(webhook);
  await openLoop(running.send, rate, WARM_UP_SECONDS);
  const before = await published();
  const alone = await measure(running, 'signed events');
  const flooding = flood(running.url);
  const among = await measure(running, 'signed events, among forgeries');
  const refused = await flooding;
  const messages = (await published()) - before;
  const expected = 2 * Math.round(rate * seconds);
  console.log(`  messages published: ${messages} of ${expected} events, of the forgeries none`);
  return alone && among && refused && messages === expected;
}

async function loadLead({ lead }: System): Promise<boolean> {
  await using running = await start(lead);
  await openLoop(running.send, rate, WARM_UP_SECONDS);
  return await measure(running, 'pushes with a look-up');
}

/** Prints what an open loop met, and what it took of the process. True where every answer was 204. */
async function measure(running: Running, name: string): Promise<boolean> {
  const [cpuMs, startedAtMs] = [running.cpuMs(), performance.now()];
  const { outcomes, latencies } = await openLoop(running.send, rate, seconds);
  const tookMs = performance.now() - startedAtMs;
  const quantiles = [0.5, 0.95, 0.99, 0.999, 1].map((q) => quantile(latencies, q).toFixed(1)).join(', ');
  const perSecond = (1000 * latencies.length) / tookMs;
  console.log(`${name}: ${latencies.length} sent at ${perSecond.toFixed(0)}/s, answered ${countOutcomes(outcomes)}`);
  console.log(`  p50, p95, p99, p99.9, worst: ${quantiles} ms`);
  const cpu = (100 * (running.cpuMs() - cpuMs)) / tookMs;
  const memory = `resident ${running.residentMiB().toFixed(0)} MiB, at most ${running.peakMiB().toFixed(0)} MiB`;
  console.log(`  the process: CPU ${cpu.toFixed(0)} % of one core, ${memory}, ERROR lines ${running.errors.length}`);
  return outcomes.every((outcome) => outcome === 204);
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
  const statuses = Object.entries(statusCodeStats ?? {});
  const answers = statuses.map(([status, { count }]) => `${status}: ${count}`);
  if (errors > 0) answers.push(`errors: ${errors}`);
  const answered = `${requests.average.toFixed(0)}/s, answered ${answers.join(', ')}`;
  console.log(`  forgeries: ${answered}; p50, p99, worst: ${latency.p50}, ${latency.p99}, ${latency.max} ms`);
  return errors === 0 && statuses.every(([status]) => status === '401');
}

function toNumber(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('expected a number above 0');
  return number;
}
