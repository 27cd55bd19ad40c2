import { type ChannelCredentials, type Client, credentials, status } from '@grpc/grpc-js';

/** The part of a Google gRPC client's options that we set. */
export type GrpcOptions = {
  readonly servicePath?: string;
  readonly port?: number;
  readonly sslCreds?: ChannelCredentials;
  readonly clientOptions?: { readonly universeDomain: string };
  readonly 'grpc.enable_http_proxy'?: 0;
  readonly 'grpc.max_reconnect_backoff_ms': number;
  readonly 'grpc.initial_reconnect_backoff_ms': number;
  readonly 'grpc.keepalive_time_ms': number;
  readonly 'grpc.keepalive_timeout_ms': number;
};

/**
 * Options of a Google gRPC client.
 * @param emulatorHost `host:port` of a plain-text server, reached directly whatever the proxy
 *   variables say; without it, the client uses its default address and Application Default
 *   Credentials.
 */
export function grpcOptions(emulatorHost: string | undefined): GrpcOptions {
  const channel = {
    // By default grpc-js waits up to 120 s before it reconnects; after an outage, requests must
    // succeed within 25 s.
    'grpc.max_reconnect_backoff_ms': 5_000,
    'grpc.initial_reconnect_backoff_ms': 500,
    // A connection that a router has forgotten would swallow every call until TCP gives up, after a
    // quarter of an hour. Pings are sent only during calls, and the answers to those calls keep a
    // server from counting them as abuse.
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 3_000,
  };
  if (emulatorHost === undefined) return channel;
  const colon = emulatorHost.lastIndexOf(':');
  return {
    ...channel,
    servicePath: emulatorHost.slice(0, colon),
    port: Number(emulatorHost.slice(colon + 1)),
    sslCreds: credentials.createInsecure(),
    'grpc.enable_http_proxy': 0,
    // Otherwise the client would look for credentials, just to learn which domain they belong to.
    clientOptions: { universeDomain: 'googleapis.com' },
  };
}

/**
 * Connects a client ahead of its first call, which would otherwise wait three round trips for it:
 * TCP, TLS and HTTP/2's settings.
 * @param stub of a generated client, which hides that it is a grpc-js client.
 */
export function connectAhead(stub: unknown): void {
  (stub as Client).getChannel().getConnectivityState(true);
}

/** The gRPC status code of an error, or undefined if it has none. */
export function grpcCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/**
 * How grpc-js begins the message if it got no access token, where the code is that of the token's
 * request; and google-auth-library's words if there are no credentials at all.
 */
const NO_TOKEN = /Getting metadata from plugin failed|Could not load the default credentials/;

/** google-gax reports retries that ran out of time as DEADLINE_EXCEEDED, and quotes the error of each attempt. */
const ATTEMPT = /(?:retrying error \w+|\{message): (\d{1,2}) [A-Z_]+:/g;

/** True if a call failed because there was no access token; the API was then not called. */
export function lacksToken(error: unknown): boolean {
  return error instanceof Error && NO_TOKEN.test(error.message);
}

/**
 * Describes a failed call for the log: the names of its status and of those of its attempts, and nothing else of the
 * error's text, which may quote a response with an access token. The last attempt alone would not do: it has only what
 * is left of the time, and often ends by that.
 */
export function describeGrpcError(error: unknown): string {
  if (lacksToken(error)) return 'no access token';
  const code = grpcCode(error);
  if (code !== undefined) {
    const attempts = error instanceof Error ? [...error.message.matchAll(ATTEMPT)] : [];
    const statuses = new Set(
      attempts.map(([, attempt]) => status[Number(attempt)]).filter((name) => name !== undefined),
    );
    const why = statuses.size === 0 ? '' : `, attempts ended with ${[...statuses].join(', ')}`;
    return `${status[code] ?? `code ${code}`}${why}`;
  }
  const name = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof name === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(name) ? name : 'no answer';
}
