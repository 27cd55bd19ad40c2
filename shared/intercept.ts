import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

type RequestListener = (req: IncomingMessage, res: ServerResponse) => void;

/** Stands in front of a server's own request listeners; `next` hands the request on to them. */
export type Interceptor = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

const intercepted = new WeakSet<Server>();

/**
 * Puts `interceptor` in front of every HTTP server of this process.
 *
 * functions-framework makes its server itself, parses and inflates bodies before it calls the function, and has no hook before that.
 * Node publishes `http.server.request.start` just before it emits `request`, so on a server's first request there is still time to exchange
 * its listeners: all of it public interface, nothing patched. `intercept.test.ts` holds it to the real framework.
 * @param onServer is told each server, once, before its first request is handled.
 */
export function interceptRequests(interceptor: Interceptor, onServer: (server: Server) => void): void {
  subscribe('http.server.request.start', (message) => {
    const { server } = message as { server: Server };
    if (intercepted.has(server)) return;
    intercepted.add(server);
    onServer(server);
    const listeners = server.listeners('request') as RequestListener[];
    server.removeAllListeners('request');
    server.on('request', (req, res) => {
      interceptor(req, res, () => {
        for (const listener of listeners) listener.call(server, req, res);
      });
    });
  });
}
