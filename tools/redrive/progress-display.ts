import { Presets, SingleBar } from 'cli-progress';
import type { Progress } from './move.ts';

/** Shows how far a run has come. */
export interface ProgressDisplay {
  update(progress: Progress): void;
  /** Leaves the terminal as it should be. */
  end(): void;
}

/** A bar on a terminal; elsewhere, as in a CI log, a line every two seconds. */
export function createProgressDisplay(
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
  lineEveryMs = 2_000,
): ProgressDisplay {
  return stream.isTTY ? bar(stream) : lines(stream, lineEveryMs);
}

function bar(stream: NodeJS.WritableStream): ProgressDisplay {
  const shown = new SingleBar(
    { format: ' {bar} {value} of {total} done | {failed} failed | {duration_formatted}', hideCursor: true, stream },
    Presets.shades_classic,
  );
  return {
    update({ pulled, moved, failed }) {
      if (!shown.isActive) shown.start(pulled, 0, { failed: 0 });
      shown.setTotal(pulled);
      shown.update(moved + failed, { failed });
    },
    end() {
      if (shown.isActive) shown.stop();
    },
  };
}

function lines(stream: NodeJS.WritableStream, everyMs: number): ProgressDisplay {
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    update({ pulled, moved, failed }) {
      if (performance.now() - shownAt < everyMs && moved + failed < pulled) return;
      shownAt = performance.now();
      stream.write(`${moved} moved, ${failed} failed, of ${pulled} pulled so far\n`);
    },
    end() {},
  };
}
