import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** Where a client package keeps its .proto files, and which of them to load. */
export interface ProtoSource {
  /** The client library this repository depends on. */
  client: string;
  /** The package that holds the protos, if the client has them in a dependency of its own. */
  api?: string;
  /** The .proto file that defines the service, below `build/protos`. */
  file: string;
}

/**
 * The gRPC service definitions of one .proto file, by full name (`google.pubsub.v1.Publisher`).
 *
 * They come from the installed client, so server and client always agree on the contract. Decoded requests hold every
 * field: numbers for int64, strings for enums, Buffers for bytes, null for an absent message.
 */
export function loadServices(source: ProtoSource): Record<string, ServiceDefinition> {
  const known = loaded.get(source.file) ?? load(source);
  loaded.set(source.file, known);
  return known;
}

// Parsing takes about 100 ms, and a test file starts a server for every case.
const loaded = new Map<string, Record<string, ServiceDefinition>>();

function load({ client, api, file }: ProtoSource): Record<string, ServiceDefinition> {
  const fromClient = createRequire(createRequire(import.meta.url).resolve(client));
  const home = dirname(fromClient.resolve(`${api ?? client}/package.json`));
  // google-gax exports no package.json; its entry is build/src/index.js, and the common protos are in build/protos.
  const common = join(dirname(fromClient.resolve('google-gax')), '..', 'protos');
  const definitions = loadSync(file, {
    includeDirs: [join(home, 'build', 'protos'), common],
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const services: Record<string, ServiceDefinition> = {};
  for (const [name, definition] of Object.entries(definitions)) {
    if (!('format' in definition)) services[name] = definition as ServiceDefinition;
  }
  return services;
}
