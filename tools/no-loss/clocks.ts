/** Virtual time, which leaps from one thing that is due to the next, so that 28 hours of retries take seconds. */
export interface VirtualClock {
  /** Milliseconds since the run began. */
  now(): number;
  /** Unix seconds. */
  seconds(): number;
  /** Moves forward, never back. */
  advanceTo(ms: number): void;
}

/** @param onAdvance told the new time whenever it moves. */
export function createVirtualClock(onAdvance: (now: number) => void): VirtualClock {
  const epoch = Date.now();
  let now = 0;
  return {
    now: () => now,
    seconds: () => (epoch + now) / 1000,
    advanceTo(ms) {
      if (ms <= now) return;
      now = ms;
      onAdvance(now);
    },
  };
}

/**
 * A real clock that stands still while this process gets no turn, so that a busy machine is not
 * taken for a late answer.
 */
export interface FairClock {
  /** Milliseconds. */
  now(): number;
  stop(): void;
}

const TICK_MS = 5;

/** Starts a fair clock. */
export function startFairClock(): FairClock {
  let last = performance.now();
  let stalled = 0;
  const stall = (now: number): number => Math.max(0, now - last - 2 * TICK_MS);
  const timer = setInterval(() => {
    const now = performance.now();
    stalled += stall(now);
    last = now;
  }, TICK_MS);
  return {
    now() {
      const now = performance.now();
      return now - stalled - stall(now);
    },
    stop: () => clearInterval(timer),
  };
}
