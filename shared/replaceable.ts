/** Something that is opened on first use, shared, and replaced after it has failed. */
export interface Replaceable<Opened> {
  /** What is open now. Concurrent callers share one opening; a failed one is forgotten. */
  current(): Promise<Opened>;
  /** Replaces what `current` returned; does nothing if that has been replaced already. */
  replace(used: Promise<Opened>): void;
}

/**
 * Opens on first use.
 * @param close closes what was replaced.
 * @param closeAfterMs from the replacement to the closing: callers that still use it must finish in
 *   that time.
 */
export function replaceable<Opened>(
  open: () => Promise<Opened>,
  close: (opened: Opened) => Promise<void>,
  closeAfterMs: number,
): Replaceable<Opened> {
  let opening: Promise<Opened> | undefined;

  function start(): Promise<Opened> {
    const started = open().catch((error: unknown) => {
      if (opening === started) opening = undefined;
      throw error;
    });
    return started;
  }

  return {
    current() {
      opening ??= start();
      return opening;
    },
    replace(used) {
      if (opening !== used) return;
      opening = undefined;
      const ignore = (): void => {};
      setTimeout(() => void used.then(close).catch(ignore), closeAfterMs).unref();
    },
  };
}
