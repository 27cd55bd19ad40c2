import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** Has a server listen, by default on a free port of 127.0.0.1, and returns the port. */
export async function listenOn(server: Server, port = 0, host = '127.0.0.1'): Promise<number> {
  await once(server.listen(port, host), 'listening');
  return (server.address() as AddressInfo).port;
}

/** Closes a server and resolves when its port is free; one of HTTP cuts its connections. */
export async function closeServer(server: Server & { closeAllConnections?(): void }): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections?.();
  await closed;
}
