import { type Intercept, withFaults } from '../grpc/fault.ts';
import { listen } from '../grpc/listen.ts';
import { paginate } from '../grpc/paginate.ts';
import { loadService } from '../grpc/protos.ts';
import { Code, invalidArgument, RpcError } from '../grpc/rpc-error.ts';

/** One version of the secret. */
export interface SecretVersion {
  number: number;
  state: 'ENABLED' | 'DISABLED' | 'DESTROYED';
  /** Strings count as UTF-8. */
  data: string | Uint8Array;
}

/** The methods that are built, and their requests as they are decoded. */
export interface SecretManagerRequests {
  ListSecretVersions: { parent: string; pageSize: number; pageToken: string; filter: string };
  AccessSecretVersion: { name: string };
}

/** What to serve. A given port brings a server back where it was. */
export interface SecretManagerOptions {
  versions?: SecretVersion[];
  /** Fault injection, asked before every call. */
  intercept?: Intercept<SecretManagerRequests>;
  port?: number;
  /** Default `projects/p/secrets/webhook`; any other secret is NOT_FOUND. */
  secret?: string;
  /** The largest page the server gives, so that a test sees several. Default 100. */
  maxPageSize?: number;
}

/** A running server; `versions` and `intercept` may be changed at any time and hold for the next call. */
export type SecretManagerServer = Awaited<ReturnType<typeof startSecretManagerServer>>;

/** Starts a Secret Manager on 127.0.0.1 that speaks the real gRPC protocol without TLS and holds one secret. */
export async function startSecretManagerServer({
  versions = [],
  intercept = () => undefined,
  port = 0,
  secret = 'projects/p/secrets/webhook',
  maxPageSize = 100,
}: SecretManagerOptions = {}) {
  /** `calls` that have arrived, those that were made to fail included. */
  const server = { versions, intercept, calls: { ListSecretVersions: 0, AccessSecretVersion: 0 } };
  // The service lists the newest first.
  const named = () =>
    server.versions
      .toSorted((a, b) => b.number - a.number)
      .map((version) => ({ ...version, name: `${secret}/versions/${version.number}` }));
  const methods = withFaults<SecretManagerRequests>(
    {
      ListSecretVersions(request) {
        const { parent, filter } = request;
        if (parent !== secret) throw new RpcError(Code.NOT_FOUND, `Secret [${parent}] not found.`);
        const [, state] = /^state[:=]([A-Z]+)$/i.exec(filter.replaceAll(' ', '')) ?? [];
        if (filter !== '' && state === undefined) throw invalidArgument(`Unsupported filter: ${filter}`);
        const found = named().filter((version) => state === undefined || version.state === state.toUpperCase());
        return { ...paginate('versions', found, request, maxPageSize), totalSize: filter === '' ? found.length : 0 };
      },
      AccessSecretVersion({ name }) {
        const all = named();
        // "latest" is the newest version, even a disabled one.
        const version = name === `${secret}/versions/latest` ? all[0] : all.find((each) => each.name === name);
        if (!version) throw new RpcError(Code.NOT_FOUND, `Secret Version [${name}] not found.`);
        const { state, data } = version;
        if (state === 'ENABLED') return { name: version.name, payload: { data: Buffer.from(data) } };
        throw new RpcError(Code.FAILED_PRECONDITION, `Secret Version [${name}] is in ${state} state.`);
      },
    },
    (call) => {
      server.calls[call.method] += 1;
      return server.intercept(call);
    },
  );
  const definition = loadService('@google-cloud/secret-manager', 'google.cloud.secretmanager.v1.SecretManagerService');
  return Object.assign(server, await listen('The Secret Manager', port, [{ definition, methods }]));
}
