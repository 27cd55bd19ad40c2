import { Presets, SingleBar } from 'cli-progress';
import type { Progress } from './move.ts';

/** Shows how a run comes on. */
export interface ProgressDisplay {
  update(progress: Progress): void;
  /** Leaves the terminal as it should be. */
  end(): void;
}

/** A bar on a terminal; elsewhere, as in a CI log, a line now and then. */
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
    update({ taken, moved, failed }) {
      if (!shown.isActive) shown.start(taken, 0, { failed: 0 });
      shown.setTotal(taken);
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
    update({ taken, moved, failed }) {
      if (performance.now() - shownAt < everyMs && moved + failed < taken) return;
      shownAt = performance.now();
      stream.write(`${moved} moved, ${failed} failed, of ${taken} taken so far\n`);
    },
    end() {},
  };
}
