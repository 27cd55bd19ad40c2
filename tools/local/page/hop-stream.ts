import type { ServerResponse } from 'node:http';
import type { EventLog } from '../timeline/event-log.ts';
import { explain } from '../timeline/explanation.ts';
import { type Hop, toHops } from '../timeline/hop.ts';
import { sortHops, sortLive } from '../timeline/hop-order.ts';
import { pageHeaders } from './answer.ts';

/** Steps that a page which connects later is told. */
const REPLAYED = 500;

/** Server-sent events: the latest hops that are kept, then each one as it happens, with its explanation. */
export function streamHops(eventLog: EventLog, res: ServerResponse): void {
  res.writeHead(200, pageHeaders('text/event-stream'));
  const write = (hop: Hop): unknown => res.write(`data: ${JSON.stringify({ ...hop, why: explain(hop) })}\n\n`);
  // A comment, so that the page learns at once that it is connected.
  res.write(':\n\n');
  sortHops(eventLog.entries().flatMap(toHops)).slice(-REPLAYED).forEach(write);
  const live = sortLive(write);
  const leave = eventLog.listen((entry) => {
    for (const hop of toHops(entry)) live.push(hop);
  });
  res.once('close', () => {
    leave();
    live.flush();
  });
}
