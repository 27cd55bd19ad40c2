import { Presets, SingleBar } from 'cli-progress';
import type { Run } from './move.ts';
import { LEASED, type Output, writeLine } from './output.ts';

/** Where there is no terminal. */
const LINE_EVERY_MS = 2_000;
const MAX_LISTED_FAILURES = 20;

/** How far a run has come. */
type Progress = Pick<Run, 'pulled' | 'moved' | 'failures'>;

/** Shows progress with a bar on a terminal; elsewhere, as in a CI log, with a line every two seconds. */
export function showProgress(stream: Output['stdout']) {
  const bar = new SingleBar(
    { format: ' {bar} {value} of {total} done | {failed} failed | {duration_formatted}', hideCursor: true, stream },
    Presets.shades_classic,
  );
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    update({ pulled, moved, failures }: Progress): void {
      const [done, failed] = [moved.size + failures.length, failures.length];
      if (stream.isTTY) {
        if (!bar.isActive) bar.start(pulled, 0, { failed: 0 });
        bar.setTotal(pulled);
        bar.update(done, { failed });
      } else if (done === pulled || performance.now() - shownAt >= LINE_EVERY_MS) {
        shownAt = performance.now();
        stream.write(`${moved.size} moved, ${failed} failed, of ${pulled} pulled so far\n`);
      }
    },
    /** Leaves the terminal as it should be. */
    end(): void {
      if (bar.isActive) bar.stop();
    },
  };
}

/**
 * Says what a run did.
 * @param command moves what stays.
 * @returns true where nothing stays that could have been moved.
 */
export function report({ stdout, stderr }: Output, run: Run, interrupted: boolean, command: string): boolean {
  const { pulled, moved, failures, unacknowledged, returned, released, fatal } = run;
  const print = (line: string): void => writeLine(stdout, line);
  const complain = (line: string): void => writeLine(stderr, line);
  const notMoved = pulled - moved.size;
  for (const { name, why } of failures.slice(0, MAX_LISTED_FAILURES)) complain(`  ${name}: ${why}`);
  if (failures.length > MAX_LISTED_FAILURES) complain(`  and ${failures.length - MAX_LISTED_FAILURES} more`);
  print(`${interrupted ? 'Interrupted: ' : ''}${moved.size} moved, ${failures.length} failed.`);
  if (notMoved > 0) print(`${notMoved} not moved stay in the subscription.`);
  if (returned > 0)
    print(
      `${returned} stay, since they failed again after being moved, or equal one that was: find the cause, or run this again.`,
    );
  if (unacknowledged.size > 0) {
    complain(
      `${unacknowledged.size} moved but not acknowledged: another run publishes them again, with the same webhookId.`,
    );
  }
  if (!released) complain(LEASED);
  if (fatal) complain(`redrive: stopped early. ${fatal.message}`);
  const done = notMoved + returned + unacknowledged.size === 0 && !fatal;
  if (!done || interrupted) for (const line of ['To move what stays:', `  ${command}`]) print(line);
  return done;
}
