import { Command, InvalidArgumentError } from 'commander';
import { deploy } from '../build/deploy.ts';
import { SECRET } from '../events/sign.ts';
import { startPostgres } from '../services/postgres/postgres.ts';
import { startEmulatorThread } from './load/emulator-thread.ts';
import { type Flood, flood } from './load/flood.ts';
import { sendOpenLoop, type Volley } from './load/open-loop.ts';
import { type PinnedProcess, startPinned } from './load/pinned-process.ts';
import { forgedShot, pushShot, signedShot } from './load/shots.ts';
import { quantile } from './statistics.ts';

interface Options {
  readonly rate: number;
  readonly seconds: number;
  readonly forgeries: number;
}

const TOPIC = 'projects/p/topics/incident-events';
const WARM_UP_SECONDS = 3;
const ACCEPTED = 204;
const REFUSED = 401;

const { rate, seconds, forgeries } = new Command('load')
  .description('Sends requests at a fixed rate to each function, one process on one core, and prints figures.')
  .option('--rate <count>', 'signed events, and pushes, a second', toNumber, 200)
  .option('--seconds <count>', 'of each measurement', toNumber, 60)
  .option('--forgeries <count>', 'a second, beside the signed events', toNumber, 2_000)
  .parse()
  .opts<Options>();

const [webhookFolder = '', leadFolder = ''] = await deploy();
const ok = [await loadWebhook(), await loadLead()].every(Boolean);
process.exitCode = ok ? 0 : 1;

async function loadWebhook(): Promise<boolean> {
  const pubsub = await startEmulatorThread(TOPIC);
  const webhook = await startPinned(webhookFolder, 'incidentWebhook', {
    INCIDENT_WEBHOOK_SECRET: SECRET,
    INCIDENT_EVENTS_TOPIC: TOPIC,
    PUBSUB_EMULATOR_HOST: pubsub.host,
  });
  const url = `${webhook.url}/webhooks/incident/lead`;
  try {
    await sendOpenLoop(url, rate, WARM_UP_SECONDS, signedShot);
    const before = await pubsub.published();
    const alone = await measure(webhook, 'signed events', () => sendOpenLoop(url, rate, seconds, signedShot));
    const flooding = flood(url, forgeries, seconds, forgedShot());
    const among = await measure(webhook, 'signed events, among forgeries', async () => {
      const volley = await sendOpenLoop(url, rate, seconds, signedShot);
      await flooding;
      return volley;
    });
    const refused = await flooding;
    console.log(describeFlood(refused));
    const published = (await pubsub.published()) - before;
    const expected = 2 * Math.round(rate * seconds);
    console.log(`  messages published: ${published} of ${expected} events, of the forgeries none`);
    return (
      alone && among && [...refused.answers.keys()].every((answer) => answer === REFUSED) && published === expected
    );
  } finally {
    await webhook.stop();
    await pubsub.stop();
  }
}

async function loadLead(): Promise<boolean> {
  const postgres = await startPostgres();
  const lead = await startPinned(leadFolder, 'incidentLead', { DATABASE_URL: postgres.readerUrl });
  try {
    await sendOpenLoop(lead.url, rate, WARM_UP_SECONDS, pushShot);
    return await measure(lead, 'pushes with a look-up', () => sendOpenLoop(lead.url, rate, seconds, pushShot));
  } finally {
    await lead.stop();
    await postgres.stop();
  }
}

/** Prints what a volley did, and what it took of the process. True where every answer was 204. */
async function measure(target: PinnedProcess, name: string, send: () => Promise<Volley>): Promise<boolean> {
  const cpuBefore = target.cpuSeconds();
  const startedAt = performance.now();
  const volley = await send();
  const cpu = (target.cpuSeconds() - cpuBefore) / ((performance.now() - startedAt) / 1000);
  const memory = `resident ${target.residentMiB().toFixed(0)} MiB, at most ${target.peakMiB().toFixed(0)} MiB`;
  console.log(describe(name, volley));
  console.log(`  the process: CPU ${(100 * cpu).toFixed(0)} % of one core, ${memory}, ERROR lines ${target.errors()}`);
  return volley.answers.get(ACCEPTED) === volley.sent;
}

function describe(name: string, { sent, answers, latencies, seconds: took }: Volley): string {
  const at = (q: number): string => `${quantile(latencies, q).toFixed(1)} ms`;
  const quantiles = `p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, worst ${at(1)}`;
  return `${name}: ${sent} sent at ${(sent / took).toFixed(0)}/s, answered ${countsOf(answers)}; ${quantiles}`;
}

function describeFlood({ perSecond, answers, p50, p99, worst }: Flood): string {
  return `  forgeries: ${perSecond.toFixed(0)}/s, answered ${countsOf(answers)}; p50 ${p50} ms, p99 ${p99} ms, worst ${worst} ms`;
}

function countsOf(answers: ReadonlyMap<number | string, number>): string {
  return [...answers].map(([answer, count]) => `${answer}: ${count}`).join(', ');
}

function toNumber(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('expected a number above 0');
  return number;
}
