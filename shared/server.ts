import { subscribe } from 'node:diagnostics_channel';
import { type RequestListener, Server } from 'node:http';
import { turns } from './turns.ts';

/** Cloud Run kills the process 10 s after SIGTERM. */
const SHUTDOWN_MS = 9_000;
/** For connections that were made before and have not been accepted yet; to close would reset them. */
const ACCEPT_MS = 100;
/** A connection that becomes idle after `close` was called is not closed by it. */
const SWEEP_MS = 50;

const firstReads = turns();

/**
 * Serves every HTTP request of this process with `listener`, in place of the listeners of functions-framework, and shuts
 * down gracefully on SIGTERM.
 *
 * The framework creates the server, and starts and registers the function. Its request path has no hook in front of the
 * body parsers, which inflate and parse what nobody has authenticated, log what is not JSON, and answer in our place. It
 * also runs each call in a `domain`, which switches Node's async hooks on for the whole process and more than doubles
 * the CPU time of a request. On SIGTERM it answers 500 to one request, cuts the others and exits.
 * Node publishes `tracing:net.server.listen` before a server accepts connections, so there is time to exchange the
 * listeners: public interface, nothing patched. If this ever took no effect, the framework would have read the body
 * before the function is called, and the function would refuse it: no event would be lost, and none forged.
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
    // Without a listener for an `Expect` that it does not know, Node answers 417 by itself, and nothing is logged.
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

/** Starts to read new connections in turns: what their first bytes cost is not known before they are parsed. */
function readInTurns(server: Server): void {
  server.on('connection', (socket) => {
    socket.pause();
    firstReads(() => {
      socket.resume();
      return !socket.destroyed;
    });
  });
}

/** Lets requests in flight finish, then exits with 0. Further signals change nothing. */
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
