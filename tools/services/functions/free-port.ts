import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux and macOS give to connections by themselves: one of those could be
 * taken before it is used.
 */
const [LOWEST, HIGHEST] = [10_000, 32_000];

/** A port that nobody listened on a moment ago, on any interface. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST);
    const server = createServer().listen(port);
    try {
      await once(server, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/**
 * Makes sure that a port is free on all interfaces, where functions-framework listens.
 * @throws Error that says what to do.
 */
export async function assertPortFree(port: number, variable: string): Promise<void> {
  const server = createServer().listen(port);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(
      `port ${port} is taken (${(error as NodeJS.ErrnoException).code}): stop what listens there, or set ${variable} to another port`,
    );
  }
  server.close();
  await once(server, 'close');
}
