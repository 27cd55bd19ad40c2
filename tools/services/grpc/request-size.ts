import type { ServiceDefinition } from '@grpc/grpc-js';

const sizes = new WeakMap<object, number>();

/** The service, with a note of each request's size as it arrives: once decoded it has none. */
export function measured(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): object => {
        const request = method.requestDeserialize(bytes);
        sizes.set(request, bytes.length);
        return request;
      };
      return [name, { ...method, requestDeserialize }];
    }),
  );
}

/** Bytes of a request as it came over gRPC, without compression; 0 for one that did not. */
export function requestBytes(request: object): number {
  return sizes.get(request) ?? 0;
}
