import { subscribe } from 'node:diagnostics_channel';
import type { RequestListener, Server } from 'node:http';

const taken = new WeakSet<Server>();

/**
 * Has `handler` serve every HTTP request of this process, in place of a server's own listeners.
 *
 * functions-framework makes the server, and starts and registers the function; its request path has no hook in front of the body parsers,
 * which inflate and parse what nobody has authenticated, log what is no JSON, and answer in our place. It also runs each call in a
 * `domain`, which switches Node's async hooks on for the whole process and more than doubles the CPU time of a request.
 * Node publishes `http.server.request.start` just before it emits `request`, so on a server's first request there is still time to exchange
 * its listeners: public interface, nothing patched. Where this ever took no effect, the framework would have read the body before the
 * function is called (unless it has no type), and the function would refuse it: no event would be lost, and none forged.
 *
 * @param onServer is told each server, once, before its first request is handled.
 */
export function serveRequests(handler: RequestListener, onServer: (server: Server) => void): void {
  subscribe('http.server.request.start', (message) => {
    const { server } = message as { server: Server };
    if (taken.has(server)) return;
    taken.add(server);
    onServer(server);
    server.removeAllListeners('request');
    server.on('request', handler);
  });
}
