import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A port on 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
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
