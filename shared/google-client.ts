import { status } from '@grpc/grpc-js';
import { deadlineAfter } from './deadline.ts';
import { grpcCode } from './grpc.ts';
import { replaceable } from './replaceable.ts';

/** A client of a Google API, opened on first use and replaced after a call times out. */
export interface GoogleClient<Client> {
  /** Opens the client, ahead of the first call. */
  connect(): Promise<void>;
  /**
   * Settles like `work`, but rejects after `timeoutMs` at the latest; the result of `work` is then
   * ignored. The signal aborts what is left of it.
   */
  call<Result>(work: (client: Client, signal: AbortSignal) => Promise<Result>, timeoutMs: number): Promise<Result>;
}

interface Lifecycle {
  initialize(): Promise<unknown>;
  close(): Promise<void>;
}

/** Longer than any request may take, so the calls of a replaced client have ended by then. */
const CLOSE_AFTER_MS = 10_000;

/**
 * The callers of a client share its request for an access token. On Cloud Run that request has no
 * time limit: if the metadata server never answers it, it holds up every later call of this client.
 * So a client is replaced after a call times out.
 */
export function googleClient<Client extends Lifecycle>(open: () => Promise<Client>): GoogleClient<Client> {
  const clients = replaceable(
    async () => {
      const client = await open();
      // Otherwise the client would turn its failure into an unhandled rejection, and remember it
      // for ever.
      await client.initialize();
      return client;
    },
    (client) => client.close(),
    CLOSE_AFTER_MS,
  );

  return {
    async connect() {
      await clients.current();
    },
    async call(work, timeoutMs) {
      const used = clients.current();
      // Not AbortSignal.timeout: it keeps whatever its listeners refer to until its time is up,
      // long after the answer.
      const abort = new AbortController();
      const late = () => Object.assign(new Error('the call timed out'), { code: status.DEADLINE_EXCEEDED });
      try {
        const answer = used.then((client) => work(client, abort.signal));
        return await deadlineAfter(timeoutMs).race(answer, late);
      } catch (error) {
        if (grpcCode(error) === status.DEADLINE_EXCEEDED) clients.replace(used);
        throw error;
      } finally {
        // What is still under way would be retried for minutes. Without a reason, Node makes an error for each call.
        abort.abort('the call has ended');
      }
    },
  };
}
