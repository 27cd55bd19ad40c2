import type { ServerResponse } from 'node:http';
import { localRedriveAdvice, type RedriveAdvice } from '../timeline/commands.ts';
import { explain } from '../timeline/explanation.ts';
import type { Hop, State } from '../timeline/hop.ts';
import { sortHops, sortLive } from '../timeline/hop-order.ts';
import { createHopReader, NOTICES } from '../timeline/hop-reader.ts';
import { currentHops } from '../timeline/timeline.ts';
import { pageHeaders } from './answer.ts';
import type { PageSubject } from './subject.ts';

/** Events that are remembered for a page, and of each so many hops. */
const KEPT_EVENTS = 200;
const KEPT_HOPS = 60;

/** What counts most first. */
const STATES: readonly State[] = ['alert', 'stopped', 'warning', 'ended', 'done', 'skipped'];

/**
 * Server-sent events: the hops of the latest events that are kept (`message`), how many events are
 * left out (`replayed`), then each hop as it happens; each with its explanation and how its event
 * stands.
 */
export function streamHops({ eventLog, emulatorHost, folder }: PageSubject, res: ServerResponse): void {
  res.writeHead(200, pageHeaders('text/event-stream'));
  const events = new LatestEvents(localRedriveAdvice(emulatorHost, folder));
  const send = (hop: Hop): unknown => res.write(`data: ${JSON.stringify(events.add(hop))}\n\n`);
  // A comment, so that the page learns at once that it is connected.
  res.write(':\n\n');
  const read = createHopReader();
  const { kept, leftOut } = latest(eventLog.entries().flatMap(read));
  kept.forEach(send);
  res.write(`event: replayed\ndata: ${JSON.stringify({ leftOut })}\n\n`);
  const live = sortLive(send);
  const leave = eventLog.listen((entry) => {
    for (const hop of read(entry)) live.push(hop);
  });
  res.once('close', () => {
    leave();
    live.flush();
  });
}

/** Event by event, the one that something happened to last at the end. */
function latest(hops: readonly Hop[]): { kept: Hop[]; leftOut: number } {
  const byEvent = new Map<string, Hop[]>();
  for (const hop of hops) {
    const known = byEvent.get(hop.event) ?? [];
    byEvent.delete(hop.event);
    byEvent.set(hop.event, [...known, hop]);
  }
  const notices = byEvent.get(NOTICES) ?? [];
  byEvent.delete(NOTICES);
  const kept = [...byEvent.values()].slice(-KEPT_EVENTS);
  return { kept: [...notices, ...kept.flatMap(sortHops)], leftOut: byEvent.size - kept.length };
}

/** Remembers the hops of the latest events, to tell how each one stands. */
class LatestEvents {
  readonly #events = new Map<string, Hop[]>();
  readonly #redriveAdvice: RedriveAdvice;

  constructor(redriveAdvice: RedriveAdvice) {
    this.#redriveAdvice = redriveAdvice;
  }

  /** A hop as the page gets it. */
  add(hop: Hop): object {
    const hops = [...(this.#events.get(hop.event) ?? []), hop].slice(-KEPT_HOPS);
    this.#events.delete(hop.event);
    this.#events.set(hop.event, hops);
    const [oldest] = this.#events.keys();
    if (this.#events.size > KEPT_EVENTS && oldest !== undefined) this.#events.delete(oldest);
    const ranked = currentHops(hops).toSorted((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
    const states = [...new Set(ranked.map(({ state }) => state))];
    return { ...hop, why: explain(hop, this.#redriveAdvice), states, verdict: ranked[0]?.text };
  }
}
