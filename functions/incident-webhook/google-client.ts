import { once } from '../../shared/once.ts';
import { grpcCode } from './grpc.ts';

/** A client of a Google API, made at its first use, and made anew after a call that ran out of time. */
export interface GoogleClient<Client> {
  /** Makes the client, ahead of the first call. */
  connect(): Promise<void>;
  /** Settles as `work` does, but rejects no later than the signal aborts; `work` goes on unheard. */
  call<T>(work: (client: Client) => Promise<T>, signal: AbortSignal): Promise<T>;
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
    async call(work, signal) {
      const used = client;
      try {
        return await inTime(used().then(work), signal, name);
      } catch (error) {
        if (signal.aborted || grpcCode(error) === DEADLINE_EXCEEDED) replace(used);
        throw error;
      }
    },
  };
}

function inTime<T>(work: Promise<T>, signal: AbortSignal, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`${name} did not answer in time`)), { once: true });
    work.then(resolve, reject);
  });
}
