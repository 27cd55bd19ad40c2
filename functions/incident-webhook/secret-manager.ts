import type { protos, SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { status } from '@grpc/grpc-js';
import { type Deadline, deadlineAfter } from '../../shared/deadline.ts';
import { googleClient } from '../../shared/google-client.ts';
import { describeGrpcError, grpcCode, grpcOptions, lacksToken } from '../../shared/grpc.ts';
import {
  SecretGone,
  type SecretStore,
  type SecretVersion,
  type SecretVersions,
  type UnreadVersion,
} from './secret-store.ts';

/**
 * Older versions are not read: each costs a call, and an HMAC over each body that no other version
 * matches.
 */
const MAX_VERSIONS = 12;
/**
 * Share of the time for a read that the first list and the versions get; the rest is for a second
 * list.
 */
const VERSIONS_SHARE = 0.7;

/** Codes that say something about the secret itself. Any other code means an outage. */
const DEFINITE: ReadonlySet<number | undefined> = new Set([
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.PERMISSION_DENIED,
  status.FAILED_PRECONDITION,
  status.OUT_OF_RANGE,
  status.UNAUTHENTICATED,
]);
/** For a version, these two say that it is no longer ENABLED; a second list checks that. */
const DISABLED: ReadonlySet<number | undefined> = new Set([status.NOT_FOUND, status.FAILED_PRECONDITION]);

/**
 * The versions of a secret in Secret Manager. The client is loaded on the first read.
 * @param name `projects/P/secrets/S`.
 * @param readMs for the lists and all versions together.
 */
export function secretManagerStore(name: string, emulatorHost: string | undefined, readMs: number): SecretStore {
  const client = googleClient(async () => {
    const { SecretManagerServiceClient } = await import('@google-cloud/secret-manager');
    return new SecretManagerServiceClient(grpcOptions(emulatorHost));
  });
  return {
    async readVersions() {
      try {
        return await client.call(
          (opened, signal) => readEnabled({ client: opened, signal }, name, readMs * VERSIONS_SHARE),
          readMs,
        );
      } catch (error) {
        const message = `Secret Manager: ${describeGrpcError(error)}`;
        throw isDefinite(error) ? new SecretGone(message) : new Error(message);
      }
    },
  };
}

/** True if Secret Manager itself said no: keys read before must then not be used any longer. */
export function isDefinite(error: unknown): boolean {
  return DEFINITE.has(grpcCode(error)) && !lacksToken(error);
}

interface Call {
  readonly client: SecretManagerServiceClient;
  readonly signal: AbortSignal;
}

async function readEnabled(call: Call, parent: string, budgetMs: number): Promise<SecretVersions> {
  const deadline = deadlineAfter(budgetMs);
  const enabled = await listEnabled(call, parent);
  const tried = enabled.slice(0, MAX_VERSIONS);
  const results = await Promise.all(tried.map((name) => access(call, name, deadline)));
  const read = results.filter((result): result is SecretVersion => 'value' in result);
  const failed = results.filter((result): result is UnreadVersion => 'why' in result);
  return {
    read,
    unread: failed.length === 0 ? [] : await stillEnabled(call, parent, failed),
    unused: enabled.slice(MAX_VERSIONS).map(numberOf),
  };
}

/** Names of the ENABLED versions, the newest first. */
async function listEnabled({ client, signal }: Call, parent: string): Promise<readonly string[]> {
  const versions: protos.google.cloud.secretmanager.v1.ISecretVersion[] = [];
  let pageToken = '';
  do {
    // Page by page: the library's own loop goes on for minutes after the signal has aborted.
    const request = { parent, filter: 'state:ENABLED', pageToken };
    const [page, , answer] = await client.listSecretVersions(request, { signal, autoPaginate: false });
    versions.push(...page);
    pageToken = answer.nextPageToken ?? '';
  } while (pageToken !== '');
  return versions
    .filter(({ state }) => state === 'ENABLED' || state === 1)
    .map(({ name }) => name ?? '')
    .sort((a, b) => Number(numberOf(b)) - Number(numberOf(a)));
}

async function access(
  { client, signal }: Call,
  name: string,
  deadline: Deadline,
): Promise<SecretVersion | UnreadVersion> {
  const late = () => Object.assign(new Error('late'), { code: status.DEADLINE_EXCEEDED });
  try {
    const [{ payload }] = await deadline.race(client.accessSecretVersion({ name }, { signal }), late);
    return { number: numberOf(name), value: Buffer.from(payload?.data ?? '').toString('utf8') };
  } catch (error) {
    const denied = isDefinite(error) && !DISABLED.has(grpcCode(error));
    return { number: numberOf(name), why: describeGrpcError(error), denied };
  }
}

/** Whatever the error, a version counts as disabled only if a second list no longer shows it. */
async function stillEnabled(
  call: Call,
  parent: string,
  failed: readonly UnreadVersion[],
): Promise<readonly UnreadVersion[]> {
  const enabled = await listEnabled(call, parent).catch(() => undefined);
  return enabled === undefined ? failed : failed.filter(({ number }) => enabled.map(numberOf).includes(number));
}

function numberOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
