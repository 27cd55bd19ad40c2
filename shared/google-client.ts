import { deadlineFrom } from './deadline.ts';
import { grpcCode } from './grpc.ts';
import { once } from './once.ts';

/** A client of a Google API, made at its first use, and made anew after a call that ran out of time. */
export interface GoogleClient<Client> {
  /** Makes the client, ahead of the first call. */
  connect(): Promise<void>;
  /** Settles as `work` does, but rejects no later than after `timeoutMs`; the signal then aborts, and `work` goes on unheard. */
  call<T>(work: (client: Client, signal: AbortSignal) => Promise<T>, timeoutMs: number): Promise<T>;
}

interface Lifecycle {
  initialize(): Promise<unknown>;
  close(): Promise<void>;
}

const DEADLINE_EXCEEDED = 4;
/** Longer than any request has for its answer, so the calls of a replaced client are over by then. */
const CLOSE_AFTER_MS = 10_000;

/**
 * The callers of a client share its request for an access token. On Cloud Run that request has no time limit: left unanswered once by the
 * metadata server, it would hold up every call that this client is ever asked for.
 * @param name of the API, for people.
 */
export function googleClient<Client extends Lifecycle>(
  name: string,
  make: () => Promise<Client>,
): GoogleClient<Client> {
  const open = async (): Promise<Client> => {
    const made = await make();
    // The client would turn a failure of this into an unhandled rejection, and remember it for ever.
    await made.initialize();
    return made;
  };
  let client = once(open);

  function replace(used: typeof client): void {
    if (used !== client) return;
    client = once(open);
    setTimeout(
      () =>
        void used()
          .then((old) => old.close())
          .catch(() => {}),
      CLOSE_AFTER_MS,
    ).unref();
  }

  return {
    async connect() {
      await client();
    },
    async call(work, timeoutMs) {
      const used = client;
      // Not AbortSignal.timeout: that is kept until its time is up, and with it what its listeners refer to, long after the answer.
      const abort = new AbortController();
      const late = (): Error => {
        abort.abort();
        return new Error(`${name} did not answer in time`);
      };
      try {
        const answer = used().then((made) => work(made, abort.signal));
        return await deadlineFrom(performance.now(), timeoutMs).race(answer, late);
      } catch (error) {
        if (abort.signal.aborted || grpcCode(error) === DEADLINE_EXCEEDED) replace(used);
        throw error;
      }
    },
  };
}
