import { setTimeout as sleep } from 'node:timers/promises';
import { type Subject, start } from './process.ts';
import { type Bar, inTurn, medians, quantile, type Section, spread, verdict, withRange } from './report.ts';
import { type Calls, countOutcomes, type Outcome, openLoop } from './send.ts';
import type { System } from './system.ts';

/** A second. */
const RATE = 50;
/** For the webhook's p99 above that of the publish. */
const BAR: Bar = { kind: 'at most', value: 5 };
/**
 * 1,000 requests: at about the 500th, V8 compiles most of the path once more and holds the one core
 * for 20 to 65 ms.
 */
const WARM_UP_GROUPS = 125;
const WARM_UP_GROUP = 8;
/** For what the warm-up leaves to be compiled and collected. */
const SETTLE_MS = 500;

/** Open-loop latency of a warm subject, and of a publish alone, which are called in turn. */
export async function latencyBesidePublish({ publishOnce }: System, subject: Subject, seconds: number) {
  await using running = await start(subject);
  const publish = (): Promise<Outcome> => publishOnce().then(() => 204);
  for (let group = 0; group < WARM_UP_GROUPS; group++) {
    await Promise.all(Array.from({ length: WARM_UP_GROUP }, () => Promise.all([publish(), running.send()])));
  }
  await sleep(SETTLE_MS);
  const [requests, publishes] = await Promise.all([
    openLoop(running.send, RATE, seconds),
    sleep(1000 / RATE / 2).then(() => openLoop(publish, RATE, seconds)),
  ]);
  return { subject: latencyOf(requests), reference: latencyOf(publishes) };
}

/** In milliseconds. */
function latencyOf({ outcomes, latencies }: Calls) {
  if (outcomes.some((outcome) => outcome !== 204)) throw new Error(`answered ${countOutcomes(outcomes)}`);
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

/** How much later than a publish alone the webhook answers, at a rate far below what it can do. */
export async function measureLatency(system: System, passes: number, seconds: number): Promise<Section> {
  const { webhook } = system;
  const measure = (subject: Subject) => latencyBesidePublish(system, subject, seconds);
  const figures = (await inTurn('latency', [webhook], passes, measure))(webhook);
  const inWords = (measured: readonly ReturnType<typeof latencyOf>[]): string => {
    const { p50, p99 } = medians(measured);
    return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
  };
  const above = spread(figures.map(({ subject, reference }) => subject.p99 - reference.p99));
  const text = [
    `Open loop at ${RATE}/s, warm, in turn, ${passes} passes of ${RATE * seconds} events:`,
    `webhook ${inWords(figures.map(({ subject }) => subject))};`,
    `the publish alone ${inWords(figures.map(({ reference }) => reference))};`,
    `p99 above it ${withRange(above, 1)} ms; bar: ${verdict(above.median, BAR, ' ms')}.`,
  ];
  return { text: text.join(' '), figures };
}
