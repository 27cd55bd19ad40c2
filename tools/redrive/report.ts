import { escapeControls } from '../terminal/escape-controls.ts';
import type { Listing } from './list.ts';
import type { Outcome } from './move.ts';

const MAX_LISTED_FAILURES = 20;
const LEASED =
  'The messages that stay could not be released: they can be pulled again when their ack deadline has passed.';

/** Prints a line, whatever texts of others are in it. */
export function print(line: string, stream: NodeJS.WritableStream = process.stdout): void {
  stream.write(`${escapeControls(line)}\n`);
}

/** Prints a line about something that went wrong. */
export function complain(line: string): void {
  print(line, process.stderr);
}

/**
 * Says what a dry run saw.
 * @param command moves it.
 */
export function reportListing({ total, bySource, released }: Listing, command: string): void {
  for (const [source, count] of bySource) print(`${count} from ${source}`);
  print(`Dry run: ${total} would be moved. Nothing was changed.`);
  if (!released) complain(LEASED);
  if (total > 0) for (const line of ['To move them:', `  ${command}`]) print(line);
}

/**
 * Says what a run did.
 * @param command moves what stays.
 * @returns true where nothing stays that could have been moved.
 */
export function reportOutcome(outcome: Outcome, interrupted: boolean, command: string): boolean {
  const { moved, failed, failures, unacknowledged, returned, untouched, released, fatal } = outcome;
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
