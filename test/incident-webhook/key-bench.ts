import {
  SecretGone,
  type SecretVersion,
  type SigningKeys,
  storedKeys,
} from '../../functions/incident-webhook/signing-keys.ts';
import type { SigningKey } from '../../functions/incident-webhook/verifier.ts';

/** Two usable secrets. */
export const OLD = 'whsec_T0xEX09MRF9PTERfT0xEX09M';
export const NEW = 'whsec_TkVXX05FV19ORVdfTkVXX05F';
/** In milliseconds. */
export const SECOND = 1_000;

/** A key that tells which secret it was made of. */
interface NamedKey extends SigningKey {
  readonly secret: string;
}

/** A store whose answer a test sets: versions, an error to throw, or a promise of either. */
export interface Bench {
  readonly keys: SigningKeys;
  answer: readonly SecretVersion[] | Error | Promise<readonly SecretVersion[]>;
  /** Milliseconds. */
  clock: number;
  reads: number;
  readonly badVersions: string[];
}

/** Keys over a store whose versions are these secrets, numbered from 1. */
export function open(...secrets: string[]): Bench {
  const badVersions: string[] = [];
  const bench: { -readonly [K in keyof Bench]: Bench[K] } = {
    answer: versions(...secrets),
    clock: 1_000_000,
    reads: 0,
    badVersions,
    keys: storedKeys(
      {
        readVersions: async () => {
          bench.reads += 1;
          if (bench.answer instanceof Error) throw bench.answer;
          return bench.answer;
        },
      },
      (secret): NamedKey => ({ secret, sign: () => secret }),
      (number) => badVersions.push(number),
      () => bench.clock,
    ),
  };
  return bench;
}

/** Versions as a store gives them. */
export const versions = (...secrets: string[]): SecretVersion[] =>
  secrets.map((value, at) => ({ number: String(at + 1), value }));
/** What a store throws while it is out of order, and where it says no. */
export const OUTAGE = new Error('unavailable');
export const GONE = new SecretGone('permission denied');
/** How keys are refused. */
export const REFUSED = { name: 'Refusal', reason: 'secret' };

/** The secrets that keys were made of. */
export const secretsOf = async (keys: Promise<readonly SigningKey[] | undefined>): Promise<string[] | undefined> =>
  ((await keys) as readonly NamedKey[] | undefined)?.map(({ secret }) => secret);
