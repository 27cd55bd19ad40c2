import { setTimeout as sleep } from 'node:timers/promises';
import { parseSigningSecret } from '../../shared/signing-secret.ts';
import { Refusal } from './outcomes.ts';
import type { SigningKey } from './verifier.ts';

/** The keys that a signature may have been made with. */
export interface SigningKeys {
  /**
   * The keys to verify with now.
   * @param patienceMs how long to wait for a read while there are older keys that still serve; by default until it ends.
   * @throws Refusal `secret` (503) where there are none.
   */
  current(patienceMs?: number): Promise<readonly SigningKey[]>;
  /**
   * Newer keys than those that no signature matched; undefined where there are none to be had now.
   * @throws Refusal `secret` (503) where the secret is gone.
   */
  newerThan(tried: readonly SigningKey[]): Promise<readonly SigningKey[] | undefined>;
}

/** A version of the secret that may be used: its number and its value. */
export interface SecretVersion {
  readonly number: string;
  readonly value: string;
}

/** What a store of secret versions has to be able to do. */
export interface SecretStore {
  /**
   * Every ENABLED version.
   * @throws SecretGone where the store says that there is nothing for us; any other error is taken for an outage.
   */
  readVersions(): Promise<readonly SecretVersion[]>;
}

/** The store answered, and the answer is no: keys read before must not be used any longer. */
export class SecretGone extends Error {}

/** Older keys are read again before the next verification, so a disabled version stops within this time. */
export const MAX_AGE_MS = 75_000;
/** Bad signatures cause one read in this time at most, so a new version works after at most as long. */
export const MIN_REREAD_MS = 30_000;
/** How long the last good keys serve while the store is out of order. */
export const MAX_STALE_MS = 3_600_000;
/** While reading fails and there are keys, the store is not asked more often than this. */
const RETRY_MS = 5_000;
/** The same without keys, when every request has to be refused: Secret Manager takes 600 lists a minute from a project. */
const RETRY_WITHOUT_KEYS_MS = 1_000;

/** Keys that were given as literals. */
export function literalKeys(keys: readonly SigningKey[]): SigningKeys {
  return { current: async () => keys, newerThan: async () => undefined };
}

/**
 * Keys from a store, cached as the contract says.
 * @param toKey makes a key of a well-formed secret.
 * @param onBadVersion is told the number of a version that is no usable secret, once for each.
 * @param now milliseconds on a clock that never goes back.
 */
export function storedKeys(
  store: SecretStore,
  toKey: (secret: string) => SigningKey,
  onBadVersion: (number: string) => void,
  now: () => number = () => performance.now(),
): SigningKeys {
  let keys: readonly SigningKey[] | undefined;
  let goodSince = 0;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<readonly SigningKey[]> | undefined;
  let failure: unknown;
  const reported = new Set<string>();

  const toKeys = ({ number, value }: SecretVersion): SigningKey[] => {
    const secret = parseSigningSecret(value);
    if (secret !== undefined) return [toKey(secret)];
    if (!reported.has(number)) onBadVersion(number);
    reported.add(number);
    return [];
  };

  const read = async (): Promise<readonly SigningKey[]> => {
    const startedAt = now();
    attemptedAt = startedAt;
    try {
      const usable = (await store.readVersions()).flatMap(toKeys);
      if (usable.length === 0) throw new SecretGone('no ENABLED version is a usable secret');
      keys = usable;
      goodSince = startedAt;
      return usable;
    } catch (error) {
      if (error instanceof SecretGone) keys = undefined;
      failure = error;
      throw error;
    }
  };
  /** Requests that need a read at the same time share one. */
  const shared = (): Promise<readonly SigningKey[]> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const restingFor = (restMs: number): boolean => reading === undefined && now() - attemptedAt < restMs;
  const ignore = (): void => {};
  const gone = (cause: unknown): Refusal => new Refusal('secret', { cause });

  return {
    async current(patienceMs) {
      if (keys !== undefined && now() - goodSince <= MAX_AGE_MS) return keys;
      if (!restingFor(keys === undefined ? RETRY_WITHOUT_KEYS_MS : RETRY_MS)) {
        // A failure is kept, and decides nothing by itself: there may be keys that still serve.
        const attempt = shared().then(ignore, ignore);
        const serve = keys !== undefined && now() - goodSince <= MAX_STALE_MS;
        await (serve && patienceMs !== undefined
          ? Promise.race([attempt, sleep(patienceMs, undefined, { ref: false })])
          : attempt);
      }
      if (keys === undefined) throw gone(failure);
      if (now() - goodSince <= MAX_STALE_MS) return keys;
      throw new Refusal('secret', { detail: 'the last good read is over an hour old', cause: failure });
    },
    async newerThan(tried) {
      if (keys === tried && !restingFor(MIN_REREAD_MS)) await shared().catch(() => {});
      if (keys === undefined) throw gone(failure);
      return keys === tried ? undefined : keys;
    },
  };
}
