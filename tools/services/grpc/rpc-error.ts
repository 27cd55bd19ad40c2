import { status } from '@grpc/grpc-js';

/** The gRPC status codes, by name, as the protocol numbers them. */
export const Code = status;
export type Code = status;

/** A refusal as the wire carries it: the status code and a sentence for the caller. */
export class RpcError extends Error {
  override name = 'RpcError';
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

/** INVALID_ARGUMENT: the request itself is wrong, so sending it again does not help. */
export function invalidArgument(message: string): RpcError {
  return new RpcError(Code.INVALID_ARGUMENT, message);
}

/** NOT_FOUND, in the words Pub/Sub uses. */
export function notFound(resource: string): RpcError {
  return new RpcError(Code.NOT_FOUND, `Resource not found (resource=${resource}).`);
}

/** ALREADY_EXISTS, in the words Pub/Sub uses. */
export function alreadyExists(resource: string): RpcError {
  return new RpcError(Code.ALREADY_EXISTS, `Resource already exists in the project (resource=${resource}).`);
}

/** Anything thrown, as a status to send: a bug becomes INTERNAL with its message, so that a test sees it. */
export function toStatus(error: unknown): { code: Code; details: string } {
  if (error instanceof RpcError) return { code: error.code, details: error.message };
  return { code: Code.INTERNAL, details: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
