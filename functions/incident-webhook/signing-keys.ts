import { setTimeout as sleep } from 'node:timers/promises';
import type { Deadline } from '../../shared/deadline.ts';
import { parseSigningSecret } from '../../shared/signing-secret.ts';
import { Refusal } from './outcomes.ts';
import { SecretGone, type SecretStore, type SecretVersions, type UnreadVersion } from './secret-store.ts';
import { type SigningKey, type SigningKeys, signingKey } from './verifier.ts';
import type { VersionNotice } from './version-notice.ts';

/**
 * Older keys are read again before the next verification, so a disabled version stops working
 * within this time.
 */
export const MAX_AGE_MS = 75_000;
/** Bad signatures cause at most one read in this time, so a new version works within it. */
export const MIN_REREAD_MS = 30_000;
/** How long keys are used while they cannot be read again. */
export const MAX_STALE_MS = 3_600_000;
/** Minimum time between reads while something cannot be read. */
const RETRY_MS = 5_000;
/**
 * The same without any key, when every request is refused. Secret Manager allows a project 600
 * lists a minute.
 */
const RETRY_WITHOUT_KEYS_MS = 1_000;

/** A version as last read; the key is undefined if its value is not a usable secret. */
interface ReadVersion {
  readonly value: string;
  readonly key: SigningKey | undefined;
  readonly readAt: number;
}

/** Keys given as literals, each checked by `parseSigningSecret`. */
export function literalKeys(secrets: readonly string[]): SigningKeys {
  const keys = secrets.map(signingKey);
  return { some: async (matches) => keys.some(matches) };
}

/** Signing keys that can be read ahead of the first request. */
export interface StoredKeys extends SigningKeys {
  read(): Promise<void>;
}

/**
 * Keys from a store, cached as the contract says.
 * @param notify called once for each version that is not used.
 * @param now milliseconds on a clock that never goes back.
 */
export function storedKeys(
  store: SecretStore,
  notify: (notice: VersionNotice) => void,
  now: () => number = () => performance.now(),
): StoredKeys {
  let versions: ReadonlyMap<string, ReadVersion> = new Map();
  let unread: readonly UnreadVersion[] = [];
  let failure: Error | undefined;
  let listedAt = Number.NEGATIVE_INFINITY;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const notifyOnce = oncePerVersion(notify);

  async function read(): Promise<void> {
    const startedAt = now();
    attemptedAt = startedAt;
    try {
      const listed = await store.readVersions();
      const merged = merge(listed, versions, startedAt);
      notifyOnce(noticesOf(merged, listed));
      // Even without a key left: a version that is no longer listed must not match any more.
      ({ versions, unread } = merged);
      if (!hasKey(versions)) throw noKey(unread);
      listedAt = startedAt;
      failure = undefined;
    } catch (error) {
      if (error instanceof SecretGone) versions = new Map();
      // Without any key there is nothing to keep for 75 s.
      if (!hasKey(versions)) listedAt = Number.NEGATIVE_INFINITY;
      failure = error instanceof Error ? error : new Error('the read failed');
    }
  }
  /** Requests that need a read at the same time share it. */
  function readOnce(): Promise<void> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }
  const mayRead = (restMs: number): boolean => reading !== undefined || now() - attemptedAt >= restMs;

  function usableKeys(): readonly SigningKey[] {
    const fresh = [...versions.values()].filter(({ readAt }) => now() - readAt <= MAX_STALE_MS);
    return fresh.flatMap(({ key }) => key ?? []);
  }

  /** @throws Refusal if there are none. */
  function keys(): readonly SigningKey[] {
    const usable = usableKeys();
    if (usable.length > 0) return usable;
    const detail = hasKey(versions) ? 'The last good read is over an hour old.' : failure?.message;
    throw new Refusal('secret', detail === undefined ? {} : { detail });
  }

  /**
   * Reads keys again that are too old. If older keys can be used, it waits at most half of the
   * remaining time.
   */
  async function renew(deadline: Deadline): Promise<void> {
    if (now() - listedAt <= MAX_AGE_MS || !mayRead(hasKey(versions) ? RETRY_MS : RETRY_WITHOUT_KEYS_MS)) return;
    const attempt = readOnce();
    await (usableKeys().length > 0
      ? Promise.race([attempt, sleep(deadline.remaining() / 2, undefined, { ref: false })])
      : attempt);
  }

  async function decide(matches: (key: SigningKey) => boolean, deadline: Deadline): Promise<boolean> {
    await renew(deadline);
    const tried = keys();
    if (tried.some(matches)) return true;
    const incomplete = failure !== undefined || unread.length > 0;
    if (mayRead(incomplete ? RETRY_MS : MIN_REREAD_MS)) await readOnce();
    const newer = keys().filter((key) => !tried.includes(key));
    if (newer.some(matches)) return true;
    if (failure !== undefined) throw new Refusal('secret', { detail: `No key matches, and ${failure.message}.` });
    const [first] = unread;
    if (first === undefined) return false;
    throw new Refusal('secret', { detail: `No key matches, and version ${first.number} could not be read.` });
  }

  return {
    read: readOnce,
    some: (matches, deadline) =>
      deadline.race(
        decide(matches, deadline),
        () => new Refusal('secret', { detail: 'The secret was not read in time.' }),
      ),
  };
}

interface Merged {
  readonly versions: ReadonlyMap<string, ReadVersion>;
  /** Those without a value. */
  readonly unread: readonly UnreadVersion[];
  readonly unusable: readonly string[];
}

/** The listed versions, with the last known value of those that could not be read now. */
function merge(listed: SecretVersions, before: ReadonlyMap<string, ReadVersion>, readAt: number): Merged {
  const versions = new Map<string, ReadVersion>();
  for (const { number, value } of listed.read) {
    const known = before.get(number);
    const key = known?.value === value ? known.key : toKey(value);
    versions.set(number, { value, key, readAt });
  }
  const unread = listed.unread.filter((version) => {
    const known = before.get(version.number);
    if (known === undefined || version.denied || readAt - known.readAt > MAX_STALE_MS) return true;
    versions.set(version.number, known);
    return false;
  });
  const unusable = [...versions].flatMap(([number, { key }]) => (key === undefined ? [number] : []));
  return { versions, unread, unusable };
}

function toKey(value: string): SigningKey | undefined {
  const secret = parseSigningSecret(value);
  return secret === undefined ? undefined : signingKey(secret);
}

function hasKey(versions: ReadonlyMap<string, ReadVersion>): boolean {
  return [...versions.values()].some(({ key }) => key !== undefined);
}

function noKey([first]: readonly UnreadVersion[]): Error {
  if (first === undefined) return new Error('no ENABLED version is a usable secret');
  return new Error(`version ${first.number} could not be read (${first.why})`);
}

function noticesOf({ unusable, unread }: Merged, listed: SecretVersions): readonly VersionNotice[] {
  return [
    ...unusable.map((number): VersionNotice => ({ kind: 'unusable', versions: [number] })),
    ...listed.unread.map((version): VersionNotice => {
      const kind = unread.includes(version) ? 'unread' : 'stale';
      return { kind, versions: [version.number], detail: version.why };
    }),
    ...(listed.unused.length > 0 ? [{ kind: 'unused', versions: listed.unused } as const] : []),
  ];
}

/** Notifies once for each version, and again if it was used in between. */
function oncePerVersion(notify: (notice: VersionNotice) => void): (notices: readonly VersionNotice[]) => void {
  let notified = new Set<string>();
  const nameOf = ({ kind, versions }: VersionNotice): string => `${kind} ${versions.join()}`;
  return (notices) => {
    for (const notice of notices) if (!notified.has(nameOf(notice))) notify(notice);
    notified = new Set(notices.map(nameOf));
  };
}
