import type { Server } from 'node:http';

/** Cloud Run kills the process 10 s after SIGTERM. */
const DRAIN_MS = 9_000;
/** For connections that were made before and have not been accepted or have not sent their request yet; to close would reset them. */
const ACCEPT_MS = 100;
/** A connection that becomes idle after `close` was called is not closed by it. */
const SWEEP_MS = 50;

/**
 * On SIGTERM, lets requests in flight finish and then exits with 0.
 * functions-framework would answer 500 to one of them, cut the rest and exit at once.
 */
export function drainOnSigterm(server: Server): void {
  process.removeAllListeners('SIGTERM');
  process.once('SIGTERM', () => {
    setTimeout(() => {
      server.close(() => process.exit(0));
      setInterval(() => server.closeIdleConnections(), SWEEP_MS).unref();
    }, ACCEPT_MS);
    setTimeout(() => process.exit(0), DRAIN_MS).unref();
  });
}
