import { createRequire } from 'node:module';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

const loaded = new Map<string, ReturnType<typeof fromJSON>>();

/**
 * A gRPC service by its full name, such as `google.pubsub.v1.Publisher`, from the protos of the installed client, so
 * that server and client always agree on the contract. Decoded requests hold every field: numbers for int64, strings
 * for enums, Buffers for bytes, null for an absent message.
 *
 * @param client the package of the client library
 */
export function loadService(client: string, name: string): ServiceDefinition {
  // Parsing takes about 100 ms, and a test file starts a server for every case.
  const definitions = loaded.get(client) ?? load(client);
  loaded.set(client, definitions);
  return definitions[name] as ServiceDefinition;
}

function load(client: string): ReturnType<typeof fromJSON> {
  const protos = createRequire(import.meta.url)(`${client}/build/protos/protos.json`);
  return fromJSON(protos, { longs: Number, enums: String, defaults: true, oneofs: true });
}
