import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';

/** One service and the methods that are built; grpc-js answers UNIMPLEMENTED for the others. */
export interface Service {
  definition: ServiceDefinition;
  methods: UntypedServiceImplementation;
}

/** A gRPC server that accepts calls at `host:port`; `close` cuts every call and resolves when the port is free. */
export interface Listening {
  host: string;
  port: number;
  close(): Promise<void>;
}

// Above Pub/Sub's own limit of 10 MB a request, so that too large a publish gets Pub/Sub's answer and not grpc-js's.
const MAX_REQUEST_BYTES = 32 * 1024 * 1024;

/**
 * Serves gRPC without TLS.
 *
 * @param name what the error message calls this server
 * @throws Error naming host and port when it cannot listen there, for instance because the port is taken
 */
export async function listen(name: string, host: string, port: number, services: Service[]): Promise<Listening> {
  const refusal = (error: Error): Error => {
    const why = error.message.includes('EADDRINUSE') ? 'the port is already taken' : error.message;
    return new Error(`${name} cannot listen on ${host}:${port}: ${why}`, { cause: error });
  };
  if (port !== 0) {
    await tryPort(host, port).catch((error: Error) => {
      throw refusal(error);
    });
  }
  const server = new Server({ 'grpc.max_receive_message_length': MAX_REQUEST_BYTES });
  for (const { definition, methods } of services) server.addService(definition, methods);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, actual) => {
      if (error) reject(refusal(error));
      else resolve(actual);
    });
  });
  return {
    host,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        // The graceful shutdown frees the port and calls back; the forced one ends the calls it would wait for.
        server.tryShutdown(() => resolve());
        server.forceShutdown();
      }),
  };
}

/** Listens once and leaves: grpc-js prints a line of its own when a port is taken, beside the error it reports. */
async function tryPort(host: string, port: number): Promise<void> {
  const probe = createServer().listen(port, host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}
