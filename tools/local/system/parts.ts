/** The parts of the local system in the order in which they are stopped: first who sends, then who is sent to. */
const STOP_ORDER = [
  'page',
  'incident-webhook',
  'Pub/Sub',
  'demo-subscriber',
  'incident-lead',
  'alaner directory',
  'announcement',
] as const;

type PartName = (typeof STOP_ORDER)[number];

interface Part {
  stop(): Promise<void>;
}

/** What has been started, and so has to be stopped. */
export class Parts {
  readonly #started = new Map<PartName, Part>();
  readonly #signal: AbortSignal;

  /** @param signal once it is given, nothing more is started. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Starts a part, unless the start of the system was given up. */
  async start<P extends Part>(name: PartName, start: () => Promise<P>): Promise<P> {
    this.#signal.throwIfAborted();
    const part = await start();
    this.#started.set(name, part);
    return part;
  }

  /**
   * Stops every part, also those after one that fails to stop.
   * @throws AggregateError with what failed.
   */
  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (const name of STOP_ORDER) {
      const part = this.#started.get(name);
      this.#started.delete(name);
      await part?.stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `not everything could be stopped: ${failures.join('; ')}`);
  }
}

/** Waits for both, so that neither is still starting when the other one's failure is handled. */
export async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
}
