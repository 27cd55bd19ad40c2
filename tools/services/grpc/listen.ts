import { promisify } from 'node:util';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { tryPort } from '../functions/free-port.ts';

const HOST = '127.0.0.1';
// Above Pub/Sub's own limit of 10 MB a request, so that too large a publish gets Pub/Sub's answer and not grpc-js's.
const MAX_REQUEST_BYTES = 32 * 1024 * 1024;

/**
 * Serves gRPC on 127.0.0.1, without TLS. `close` cuts every call and resolves when the port is free.
 *
 * @param name what the error message calls this server
 * @param port 0 takes a free one
 * @param services each with the methods that are built; grpc-js answers UNIMPLEMENTED for the others
 * @throws Error naming host and port when it cannot listen there, for instance because the port is taken
 */
export async function listen(
  name: string,
  port: number,
  services: readonly { definition: ServiceDefinition; methods: UntypedServiceImplementation }[],
) {
  const server = new Server({ 'grpc.max_receive_message_length': MAX_REQUEST_BYTES });
  for (const { definition, methods } of services) server.addService(definition, methods);
  try {
    // grpc-js prints a line of its own when a port is taken, beside the error it reports.
    if (port !== 0) await tryPort(port, HOST);
    const bound = await promisify(server.bindAsync.bind(server))(`${HOST}:${port}`, ServerCredentials.createInsecure());
    // The graceful shutdown frees the port and calls back; the forced one ends the calls it would wait for.
    const close = (): Promise<void> =>
      new Promise((resolve) => {
        server.tryShutdown(() => resolve());
        server.forceShutdown();
      });
    return { port: bound, host: `${HOST}:${bound}`, close };
  } catch (error) {
    const { message } = error as Error;
    const why = message.includes('EADDRINUSE') ? 'the port is already taken' : message;
    throw new Error(`${name} cannot listen on ${HOST}:${port}: ${why}`, { cause: error });
  }
}
