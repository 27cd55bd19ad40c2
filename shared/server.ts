import { subscribe } from 'node:diagnostics_channel';
import { type RequestListener, Server } from 'node:http';
import { turns } from './turns.ts';

/** Cloud Run kills the process 10 s after SIGTERM. */
const SHUTDOWN_MS = 9_000;
/** Time to accept connections that were made before; closing at once would reset them. */
const ACCEPT_MS = 100;
/** `close` does not close connections that become idle after it was called. */
const SWEEP_MS = 50;

const firstReads = turns();

/**
 * Serves every HTTP request of this process with `listener` instead of the listeners of
 * functions-framework, and shuts down gracefully on SIGTERM.
 *
 * The framework creates the server, and starts and registers the function. Its request path has no
 * hook in front of the body parsers, which inflate and parse unauthenticated bodies, log what is
 * not JSON, and answer by themselves. It also runs each call in a `domain`, which turns on Node's
 * async hooks for the whole process and more than doubles the CPU time of a request. On SIGTERM it
 * answers 500 to one request, cuts the others and exits.
 *
 * Node publishes `tracing:net.server.listen` before a server accepts connections, so there is time
 * to replace the listeners through a public interface, without a patch. If this ever had no effect,
 * the framework would have read the body before the function is called, and the function would
 * refuse it: no event would be lost, and none forged.
 */
export function serve(listener: RequestListener): void {
  const servers: Server[] = [];
  const onSigterm = gracefulShutdown(servers);
  process.on('SIGTERM', onSigterm);
  subscribe('tracing:net.server.listen:asyncStart', (message) => {
    const { server } = message as { server: unknown };
    if (!(server instanceof Server) || servers.includes(server)) return;
    servers.push(server);
    server.removeAllListeners('request');
    // The size of the headers is limited; Node would also answer 431 to more than a thousand of them.
    server.maxHeadersCount = 0;
    // Without this listener, Node answers 417 to an unknown `Expect` by itself, and nothing is
    // logged.
    server.on('request', listener).on('checkExpectation', listener);
    readInTurns(server);
    // The framework adds its own listener in the callback of `listen`.
    server.once('listening', () => process.nextTick(removeSigtermListeners, onSigterm));
  });
}

/** One by one: a signal that arrives while there is no listener at all would be lost. */
function removeSigtermListeners(except: () => void): void {
  for (const listener of process.listeners('SIGTERM')) {
    if (listener !== except) process.off('SIGTERM', listener);
  }
}

/**
 * Starts to read new connections in turns: the cost of their first bytes is not known before they
 * are parsed.
 */
function readInTurns(server: Server): void {
  server.on('connection', (socket) => {
    socket.pause();
    firstReads(() => {
      socket.resume();
      return !socket.destroyed;
    });
  });
}

/** Lets requests in flight finish, then exits with 0. Ignores further signals. */
function gracefulShutdown(servers: readonly Server[]): () => void {
  let shuttingDown = false;
  return () => {
    if (shuttingDown) return;
    shuttingDown = true;
    const exit = (): never => process.exit(0);
    if (servers.length === 0) exit();
    setTimeout(() => {
      for (const server of servers) {
        server.close(exit);
        setInterval(() => server.closeIdleConnections(), SWEEP_MS).unref();
      }
    }, ACCEPT_MS);
    setTimeout(exit, SHUTDOWN_MS).unref();
  };
}
