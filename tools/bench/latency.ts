import { setTimeout as sleep } from 'node:timers/promises';
import type { Backends } from './backends.ts';
import { type Bar, type Section, verdict, withRange } from './report.ts';
import { keptConnections, type Outcome, openLoop, post } from './send.ts';
import { quantile, spread } from './statistics.ts';
import { type Subject, start } from './subjects.ts';

const RATE = 50;
/** For the webhook's p99 above that of the publish. */
const BAR: Bar = { kind: 'at most', at: 5 };

/** In milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/**
 * 1,000 requests: at about the 500th, V8 compiles most of the path once more and holds the one core
 * for 20 to 65 ms.
 */
const WARM_UP_GROUPS = 125;
const WARM_UP_GROUP = 8;
/** For what the warm-up leaves to be compiled and collected. */
const SETTLE_MS = 500;

/** Open-loop latency of a warm subject, and of the call that it is compared with, in turn. */
export async function latencyBeside(
  subject: Subject,
  reference: () => Promise<unknown>,
  seconds: number,
): Promise<{ readonly subject: Latency; readonly reference: Latency }> {
  const running = await start(subject);
  const agent = keptConnections();
  const request = (): Promise<Outcome> => post(running.url, subject.request(), agent);
  const called = async (): Promise<Outcome> => {
    await reference();
    return 204;
  };
  try {
    for (let group = 0; group < WARM_UP_GROUPS; group++) {
      await Promise.all(Array.from({ length: WARM_UP_GROUP }, () => Promise.all([called(), request()])));
    }
    await sleep(SETTLE_MS);
    const calls = await openLoop([request, called], RATE, seconds);
    const [whole, part] = calls.map(({ outcomes, latencies }) => {
      if (outcomes.size > 1 || !outcomes.has(204)) throw new Error(`${subject.name}: ${[...outcomes.keys()]}`);
      return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
    });
    if (whole === undefined || part === undefined) throw new Error('nothing was measured');
    return { subject: whole, reference: part };
  } finally {
    agent.destroy();
    await running.stop();
  }
}

/** How much later than a publish alone the webhook answers, at a rate far below what it can do. */
export async function measureLatency(
  webhook: Subject,
  backends: Backends,
  passes: number,
  seconds: number,
  say: (text: string) => void,
): Promise<Section> {
  const figures: { readonly subject: Latency; readonly reference: Latency }[] = [];
  for (let pass = 1; pass <= passes; pass++) {
    say(`latency: pass ${pass} of ${passes}`);
    figures.push(await latencyBeside(webhook, () => backends.publishOnce(), seconds));
  }
  const median = (of: 'subject' | 'reference', key: keyof Latency) =>
    `${key} ${spread(figures.map((figure) => figure[of][key])).median.toFixed(1)} ms`;
  const above = spread(figures.map(({ subject, reference }) => subject.p99 - reference.p99));
  const text = [
    `Open loop at ${RATE}/s, warm, in turn, ${passes} passes of ${RATE * seconds} events:`,
    `webhook ${median('subject', 'p50')}, ${median('subject', 'p99')};`,
    `the publish alone ${median('reference', 'p50')}, ${median('reference', 'p99')};`,
    `p99 above it ${withRange(above, 1)} ms; bar: ${verdict(above.median, BAR, ' ms')}.`,
  ];
  return { text: text.join(' '), figures };
}
