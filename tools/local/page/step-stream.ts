import type { ServerResponse } from 'node:http';
import type { Journal } from '../timeline/event-log.ts';
import { explain } from '../timeline/explanation.ts';
import { type Step, toSteps } from '../timeline/hop.ts';
import { inOrder, inWayOrder } from '../timeline/hop-order.ts';
import { pageHeaders } from './answer.ts';

/** Steps that a page which connects later is told. */
const REPLAYED = 500;

/** Server-sent events: the latest steps that are kept, then each one as it happens, with its explanation. */
export function streamSteps(journal: Journal, res: ServerResponse): void {
  res.writeHead(200, pageHeaders('text/event-stream'));
  const write = (step: Step): unknown => res.write(`data: ${JSON.stringify({ ...step, why: explain(step) })}\n\n`);
  // A comment, so that the page learns at once that it is connected.
  res.write(':\n\n');
  inWayOrder(journal.entries().flatMap(toSteps)).slice(-REPLAYED).forEach(write);
  const live = inOrder(write);
  const leave = journal.listen((entry) => {
    for (const step of toSteps(entry)) live.push(step);
  });
  res.once('close', () => {
    leave();
    live.flush();
  });
}
