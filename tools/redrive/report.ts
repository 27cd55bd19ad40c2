import type { Listing } from './list.ts';
import type { Outcome } from './move.ts';
import { type Output, writeLine } from './output.ts';

const MAX_LISTED_FAILURES = 20;
const LEASED =
  'The messages that stay could not be released: they can be pulled again when their ack deadline has passed.';

/**
 * Says what a dry run saw.
 * @param command moves it.
 */
export function reportListing({ stdout, stderr }: Output, listing: Listing, command: string): void {
  const { total, bySource, released } = listing;
  for (const [source, count] of bySource) writeLine(stdout, `${count} from ${source}`);
  writeLine(stdout, `Dry run: ${total} would be moved. Nothing was changed.`);
  if (!released) writeLine(stderr, LEASED);
  if (total > 0) for (const line of ['To move them:', `  ${command}`]) writeLine(stdout, line);
}

/**
 * Says what a run did.
 * @param command moves what stays.
 * @returns true where nothing stays that could have been moved.
 */
export function reportOutcome(output: Output, outcome: Outcome, interrupted: boolean, command: string): boolean {
  const { moved, failed, failures, unacknowledged, returned, untouched, released, fatal } = outcome;
  const print = (line: string): void => writeLine(output.stdout, line);
  const complain = (line: string): void => writeLine(output.stderr, line);
  for (const { name, why } of failures.slice(0, MAX_LISTED_FAILURES)) complain(`  ${name}: ${why}`);
  if (failed > MAX_LISTED_FAILURES) complain(`  and ${failed - MAX_LISTED_FAILURES} more`);
  print(`${interrupted ? 'Interrupted: ' : ''}${moved} moved, ${failed} failed.`);
  if (failed + untouched > 0) print(`${failed + untouched} not moved stay in the subscription.`);
  if (returned > 0) print(`${returned} failed again after this run had moved them, and stay: find the cause first.`);
  if (unacknowledged > 0) {
    complain(
      `${unacknowledged} moved but not acknowledged: another run publishes them again, with the same webhookId.`,
    );
  }
  if (!released) complain(LEASED);
  if (fatal) complain(`redrive: stopped early. ${fatal.message}`);
  const done = failed + untouched + returned + unacknowledged === 0 && !fatal;
  if (!done || interrupted) for (const line of ['To move what stays:', `  ${command}`]) print(line);
  return done;
}
