import type { ServerResponse } from 'node:http';
import { localRedriveAdvice } from '../timeline/commands.ts';
import type { EventLog } from '../timeline/event-log.ts';
import { explain } from '../timeline/explanation.ts';
import type { Hop, State } from '../timeline/hop.ts';
import type { HopReader } from '../timeline/hop-reader.ts';
import { currentHops } from '../timeline/timeline.ts';

/** What the page shows, and where its form sends to. */
export interface PageSubject {
  readonly eventLog: EventLog;
  readonly reader: HopReader;
  readonly webhookUrl: string;
  /** `host:port`. */
  readonly emulatorHost: string;
  /** Where the local system keeps its files. */
  readonly folder: string;
}

/** What counts most first. */
const STATES: readonly State[] = ['alert', 'stopped', 'warning', 'ended', 'done', 'skipped'];

/**
 * Server-sent events: the latest hops (`message`), the end of these (`replayed`), then each hop as
 * it happens; each with its explanation and how its event stands.
 */
export function streamHops({ eventLog, emulatorHost, folder }: PageSubject, res: ServerResponse): void {
  const redriveAdvice = localRedriveAdvice(emulatorHost, folder);
  const send = (hop: Hop, ofEvent: readonly Hop[]): void => {
    const ranked = currentHops(ofEvent).toSorted((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
    const states = [...new Set(ranked.map(({ state }) => state))];
    const shown = { ...hop, why: explain(hop, redriveAdvice), states, verdict: ranked[0]?.text };
    res.write(`data: ${JSON.stringify(shown)}\n\n`);
  };
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  // A comment, so that the page learns at once that it is connected.
  res.write(':\n\n');
  const events = Map.groupBy(eventLog.latest, ({ event }) => event);
  for (const hop of eventLog.latest) send(hop, events.get(hop.event) ?? []);
  res.write('event: replayed\ndata:\n\n');
  const sendLive = (hop: Hop): void => {
    const ofEvent = eventLog.latest.filter(({ event }) => event === hop.event);
    send(hop, ofEvent);
  };
  eventLog.on('hop', sendLive);
  res.once('close', () => eventLog.off('hop', sendLive));
}
