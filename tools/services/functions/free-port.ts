import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { closeServer } from '../listen-on.ts';

/**
 * Below the ports that Linux and macOS give to connections by themselves: one of those could be
 * taken before it is used.
 */
const [LOWEST, HIGHEST] = [10_000, 32_000];

/** A port that nobody listened on a moment ago, on any interface. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST);
    try {
      await tryPort(port);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

/**
 * Makes sure that a port is free on all interfaces, where functions-framework listens.
 * @throws Error that says what to do.
 */
export async function assertPortFree(port: number, variable: string): Promise<void> {
  await tryPort(port).catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(`port ${port} is taken (${code}): stop what listens there, or set ${variable} to another port`);
  });
}

/**
 * Listens once and leaves.
 * @param host by default all interfaces.
 * @throws Error of the system where that is not possible.
 */
export async function tryPort(port: number, host?: string): Promise<void> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  await closeServer(server);
}
