import { type FunctionOptions, type FunctionProcess, startFunction } from './function-process.ts';

/** A function that is started again when it dies, as Cloud Run would. */
export interface SupervisedFunction {
  readonly url: string;
  stop(): Promise<void>;
}

/** Told what happens to the process, in a sentence. */
export interface Supervision {
  readonly onRestart: (sentence: string) => void;
  /** It could not be started again. */
  readonly onLost: (sentence: string) => void;
}

/** A function that dies sooner than this after it was started would only die again. */
const SETTLED_AFTER_MS = 2_000;

/** Starts a function and keeps it running until `stop`. */
export async function superviseFunction(
  options: FunctionOptions,
  supervision: Supervision,
): Promise<SupervisedFunction> {
  let stopping = false;
  let starting: Promise<void> = Promise.resolve();
  let running: FunctionProcess = await startFunction(options);

  const watch = (startedAt: number): void => {
    running.exited.then((code) => {
      if (stopping) return;
      const how = code === null ? `was killed (${running.process.signalCode})` : `ended with exit code ${code}`;
      const sentence = `${options.target} ${how}, which nobody asked for`;
      if (performance.now() - startedAt < SETTLED_AFTER_MS) {
        supervision.onLost(`${sentence}, right after it was started; its last lines are above`);
        return;
      }
      supervision.onRestart(`${sentence}; starting it again, as Cloud Run would`);
      starting = restart().catch((error: unknown) => {
        if (!stopping) supervision.onLost((error as Error).message);
      });
    }, supervision.onLost);
  };
  const restart = async (): Promise<void> => {
    const startedAt = performance.now();
    running = await startFunction(options);
    watch(startedAt);
  };
  watch(performance.now());
  return {
    url: running.url,
    async stop() {
      stopping = true;
      await starting;
      await running.stop();
    },
  };
}
