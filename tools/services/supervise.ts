/** Something that may end by itself. */
export interface Supervised {
  /** How it ended, such as `was killed (SIGKILL)`. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** Told in a sentence what happens to it. */
export interface Supervision {
  readonly onRestart: (sentence: string) => void;
  /** It could not be started again. */
  readonly onLost: (sentence: string) => void;
}

/** What ends twice in a row sooner than this after it was started would only end again. */
const SETTLED_AFTER_MS = 2_000;

/**
 * Starts something and keeps it running until `stop`.
 * @param name as sentences begin with it.
 * @param again how it is started again, as in `starting it again, ...`.
 */
export async function supervise(
  name: string,
  again: string,
  start: () => Promise<Supervised>,
  { onRestart, onLost }: Supervision,
): Promise<{ stop(): Promise<void> }> {
  let stopping = false;
  let running = await start();
  const watch = async (): Promise<void> => {
    let early = 0;
    for (let startedAt = performance.now(); ; startedAt = performance.now()) {
      const sentence = `${name} ${await running.ended}, which nobody asked for`;
      if (stopping) return;
      early = performance.now() - startedAt < SETTLED_AFTER_MS ? early + 1 : 0;
      if (early > 1) throw new Error(`${sentence}, right after it was started again`);
      onRestart(`${sentence}; ${again}`);
      running = await start().catch((error: Error) => {
        throw new Error(`${name} could not be started again: ${error.message}`);
      });
      if (stopping) await running.stop();
    }
  };
  const watching = watch().catch(({ message }: Error) => {
    if (!stopping) onLost(message);
  });
  return {
    async stop() {
      stopping = true;
      await running.stop();
      await watching;
    },
  };
}
