import { Command, InvalidArgumentError } from 'commander';
import { SECRET } from '../test/support/sign.ts';
import { quantile } from './bench/statistics.ts';
import { build } from './build.ts';
import { sendOpenLoop, type Volley } from './load/open-loop.ts';
import { type PinnedProcess, startPinned } from './load/pinned-process.ts';
import { forgedShot, pushShot, signedShot } from './load/shots.ts';
import { startPostgres } from './local-system/postgres.ts';
import { startPubSubEmulator } from './pubsub-emulator/emulator.ts';

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

const [webhookFolder = '', leadFolder = ''] = await build();
const ok = [await loadWebhook(), await loadLead()].every(Boolean);
process.exitCode = ok ? 0 : 1;

async function loadWebhook(): Promise<boolean> {
  const pubsub = await startPubSubEmulator();
  pubsub.createTopic({ name: TOPIC });
  const webhook = await startPinned(webhookFolder, 'incidentWebhook', {
    INCIDENT_WEBHOOK_SECRET: SECRET,
    INCIDENT_EVENTS_TOPIC: TOPIC,
    PUBSUB_EMULATOR_HOST: pubsub.host,
  });
  const url = `${webhook.url}/webhooks/incident/lead`;
  try {
    await sendOpenLoop(url, rate, WARM_UP_SECONDS, signedShot);
    const before = pubsub.published(TOPIC).length;
    const signed = await measure(webhook, [['signed events', url, rate, signedShot, ACCEPTED]]);
    const attacked = await measure(webhook, [
      ['signed events, among forgeries', url, rate, signedShot, ACCEPTED],
      ['forgeries', url, forgeries, forgedShot, REFUSED],
    ]);
    const published = pubsub.published(TOPIC).length - before;
    const expected = 2 * Math.round(rate * seconds);
    console.log(`  messages published: ${published} of ${expected}`);
    return signed && attacked && published === expected;
  } finally {
    await webhook.stop();
    await pubsub.close();
  }
}

async function loadLead(): Promise<boolean> {
  const postgres = await startPostgres();
  const lead = await startPinned(leadFolder, 'incidentLead', { DATABASE_URL: postgres.readerUrl });
  try {
    await sendOpenLoop(lead.url, rate, WARM_UP_SECONDS, pushShot);
    return await measure(lead, [['pushes with a look-up', lead.url, rate, pushShot, ACCEPTED]]);
  } finally {
    await lead.stop();
    await postgres.stop();
  }
}

type Stream = readonly [name: string, url: string, perSecond: number, next: typeof pushShot, expected: number];

/** Sends all streams at the same time, and prints a line for each and one for the process. True where every answer was the expected one. */
async function measure(target: PinnedProcess, streams: readonly Stream[]): Promise<boolean> {
  const cpuBefore = target.cpuSeconds();
  const startedAt = performance.now();
  const volleys = await Promise.all(
    streams.map(([, url, perSecond, next]) => sendOpenLoop(url, perSecond, seconds, next)),
  );
  const cpu = target.cpuSeconds() - cpuBefore;
  const elapsed = (performance.now() - startedAt) / 1000;
  for (const [at, volley] of volleys.entries()) console.log(describe(streams[at]?.[0] ?? '', volley));
  console.log(
    `  the process: CPU ${((100 * cpu) / elapsed).toFixed(0)} % of one core, resident ${target.residentMiB().toFixed(0)} MiB, at most ${target.peakMiB().toFixed(0)} MiB, ERROR lines ${target.errors()}`,
  );
  return volleys.every(({ sent, answers }, at) => answers.get(streams[at]?.[4] ?? 0) === sent);
}

function describe(name: string, { sent, answers, latencies, seconds: took }: Volley): string {
  const counts = [...answers].map(([answer, count]) => `${answer}: ${count}`).join(', ');
  const at = (q: number): string => `${quantile(latencies, q).toFixed(1)} ms`;
  return `${name}: ${sent} sent at ${(sent / took).toFixed(0)}/s, answered ${counts}; p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, worst ${at(1)}`;
}

function toNumber(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('expected a number above 0');
  return number;
}
