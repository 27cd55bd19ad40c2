import { type CallOf, type Intercept, withFaults } from '../grpc/fault.ts';
import { listen } from '../grpc/listen.ts';
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

/** A running server; `versions` and `intercept` may be changed at any time and hold for the next call. */
export interface SecretManagerServer {
  /** `host:port`, the value for `SECRET_MANAGER_EMULATOR_HOST`. */
  readonly host: string;
  readonly port: number;
  /** In any order. */
  versions: SecretVersion[];
  /** Fault injection, asked before every call. */
  intercept: Intercept<SecretManagerRequests>;
  /** Calls that have arrived, those that were made to fail included. */
  readonly calls: Record<keyof SecretManagerRequests, number>;
  close(): Promise<void>;
}

/** What to serve. A given port brings a server back where it was. */
export interface SecretManagerOptions extends Partial<Pick<SecretManagerServer, 'versions' | 'intercept' | 'port'>> {
  /** Default `projects/p/secrets/webhook`; any other secret is NOT_FOUND. */
  secret?: string;
  /** The largest page the server gives, so that a test sees several. Default 100. */
  maxPageSize?: number;
}

/** Starts a Secret Manager on 127.0.0.1 that speaks the real gRPC protocol without TLS and holds one secret. */
export async function startSecretManagerServer(options: SecretManagerOptions = {}): Promise<SecretManagerServer> {
  const { secret = 'projects/p/secrets/webhook', maxPageSize = 100 } = options;
  const closing = new AbortController();
  const calls = { ListSecretVersions: 0, AccessSecretVersion: 0 };
  const intercept = (call: CallOf<SecretManagerRequests>): ReturnType<Intercept<SecretManagerRequests>> => {
    calls[call.method] += 1;
    return server.intercept(call);
  };
  const methods = withFaults<SecretManagerRequests>(
    {
      ListSecretVersions: (request) => listVersions(secret, server.versions, maxPageSize, request),
      AccessSecretVersion: ({ name }) => accessVersion(secret, server.versions, name),
    },
    intercept,
    closing.signal,
  );
  const definition = loadService('@google-cloud/secret-manager', 'google.cloud.secretmanager.v1.SecretManagerService');
  const { port, close } = await listen('The Secret Manager', options.port ?? 0, [{ definition, methods }]);
  const server: SecretManagerServer = {
    host: `127.0.0.1:${port}`,
    port,
    versions: options.versions ?? [],
    intercept: options.intercept ?? (() => undefined),
    calls,
    close() {
      closing.abort();
      return close();
    },
  };
  return server;
}

function listVersions(
  secret: string,
  versions: readonly SecretVersion[],
  maxPageSize: number,
  { parent, pageSize, pageToken, filter }: SecretManagerRequests['ListSecretVersions'],
): object {
  if (parent !== secret) throw new RpcError(Code.NOT_FOUND, `Secret [${parent}] not found.`);
  const [, state] = /^state[:=]([A-Z]+)$/i.exec(filter.replaceAll(' ', '')) ?? [];
  if (filter !== '' && state === undefined) throw invalidArgument(`Unsupported filter: ${filter}`);
  // The service lists the newest first.
  const matching = versions
    .filter((version) => state === undefined || version.state === state.toUpperCase())
    .sort((a, b) => b.number - a.number);
  const start = Number(pageToken);
  if (!Number.isInteger(start)) throw invalidArgument('Invalid page token.');
  const end = start + Math.min(pageSize || maxPageSize, maxPageSize);
  return {
    versions: matching.slice(start, end).map(({ number, state }) => ({ name: `${secret}/versions/${number}`, state })),
    nextPageToken: end < matching.length ? String(end) : '',
    totalSize: filter === '' ? matching.length : 0,
  };
}

function accessVersion(secret: string, versions: readonly SecretVersion[], name: string): object {
  const id = name.startsWith(`${secret}/versions/`) ? name.slice(`${secret}/versions/`.length) : '';
  // "latest" is the newest version, even a disabled one.
  const number = id === 'latest' ? Math.max(...versions.map((version) => version.number)) : Number(id);
  const version = versions.find((candidate) => candidate.number === number);
  if (!version) throw new RpcError(Code.NOT_FOUND, `Secret Version [${name}] not found.`);
  if (version.state !== 'ENABLED') {
    throw new RpcError(Code.FAILED_PRECONDITION, `Secret Version [${name}] is in ${version.state} state.`);
  }
  const data = Buffer.from(version.data);
  return { name: `${secret}/versions/${number}`, payload: { data, dataCrc32c: crc32c(data) } };
}

/** The Castagnoli polynomial, bit-reversed (RFC 3720, appendix B.4). */
const POLYNOMIAL = 0x82f63b78;

/** CRC32C as an unsigned 32-bit number, which Secret Manager sends beside a payload; zlib has CRC32 only. */
function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
