import type { ServiceDefinition } from '@grpc/grpc-js';
import { invalidArgument } from '../grpc/rpc-error.ts';

// https://cloud.google.com/pubsub/quotas#resource_limits
const MAX_BYTES: Readonly<Record<string, number>> = {
  Publish: 10_000_000,
  Acknowledge: 512 * 1024,
  ModifyAckDeadline: 512 * 1024,
  StreamingPull: 512 * 1024,
};

const sizes = new WeakMap<object, number>();

/** The service, with a note of each request's size: a decoded request does not know it. */
export function measured(definition: ServiceDefinition): ServiceDefinition {
  const methods = Object.entries(definition).map(([name, method]) => {
    const requestDeserialize = (bytes: Buffer): object => {
      const request = method.requestDeserialize(bytes);
      sizes.set(request, bytes.length);
      return request;
    };
    return [name, { ...method, requestDeserialize }];
  });
  return Object.fromEntries(methods);
}

/** @throws RpcError INVALID_ARGUMENT for a request that came over gRPC and is larger than Pub/Sub allows. */
export function checkSize(method: string, request: object): void {
  const [bytes = 0, limit = Number.POSITIVE_INFINITY] = [sizes.get(request), MAX_BYTES[method]];
  if (bytes > limit) throw invalidArgument(`The request is too large (${bytes} bytes): at most ${limit} bytes.`);
}
