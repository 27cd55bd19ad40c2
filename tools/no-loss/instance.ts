import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What runs in one incarnation of a function; `isAlive` turns false when it crashes. */
export type Incarnate = (isAlive: () => boolean) => RequestListener;

/** A function that runs in this process, and can crash. */
export interface Instance {
  /** Where the current incarnation listens, or the last one did. */
  url(): string;
  /**
   * Cuts every connection, forgets all state and starts anew, as a container that died. What it was
   * doing is neither answered nor logged.
   */
  crash(): void;
  readonly crashes: () => number;
  close(): Promise<void>;
}

/**
 * Runs a function's handler on a server of its own; `serve-requests.ts` does the same to the framework's server.
 * @param incarnate builds handler and services from nothing.
 */
export async function startInstance(incarnate: Incarnate): Promise<Instance> {
  let current = await incarnation(incarnate);
  let rising: Promise<void> | undefined;
  let crashes = 0;
  return {
    url: () => current.url,
    crashes: () => crashes,
    crash() {
      if (rising !== undefined) return;
      crashes += 1;
      current.kill();
      rising = incarnation(incarnate).then((next) => {
        current = next;
        rising = undefined;
      });
    },
    async close() {
      await rising;
      current.kill();
    },
  };
}

async function incarnation(incarnate: Incarnate): Promise<{ url: string; kill: () => void }> {
  let alive = true;
  const server = createServer(incarnate(() => alive)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    kill() {
      alive = false;
      server.close();
      server.closeAllConnections();
    },
  };
}
