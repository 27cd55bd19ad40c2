import { SecretGone, type SecretVersions, type UnreadVersion } from '../../functions/incident-webhook/secret-store.ts';
import { storedKeys } from '../../functions/incident-webhook/signing-keys.ts';
import { type SigningKeys, signingKey } from '../../functions/incident-webhook/verifier.ts';
import type { VersionNotice } from '../../functions/incident-webhook/version-notice.ts';
import { deadlineAfter } from '../../shared/deadline.ts';

/** Usable secrets. */
export const OLD = 'whsec_T0xEX09MRF9PTERfT0xEX09M';
export const NEW = 'whsec_TkVXX05FV19ORVdfTkVXX05F';
export const OTHER = 'whsec_T1RIRVJfT1RIRVJfT1RIRVJf';
/** In milliseconds. */
export const SECOND = 1_000;

/** Keys over a store whose answer a test sets: versions, an error to throw, or a promise of either. */
export interface Bench {
  answer: SecretVersions | Error | Promise<SecretVersions>;
  /** Milliseconds. */
  clock: number;
  reads: number;
  readonly notices: VersionNotice[];
  /** Whether a signature made with this secret is accepted, asked with so much time left. */
  accepts(secret: string, remainingMs?: number): Promise<boolean>;
}

/** Keys over a store whose versions are these secrets, numbered from 1. */
export function open(...secrets: string[]): Bench {
  const bench: Bench = {
    answer: versions(...secrets),
    clock: 1_000_000,
    reads: 0,
    notices: [],
    accepts: (secret, remainingMs = 5_000) => accepts(keys, secret, remainingMs),
  };
  const readVersions = async (): Promise<SecretVersions> => {
    bench.reads += 1;
    if (bench.answer instanceof Error) throw bench.answer;
    return bench.answer;
  };
  const keys = storedKeys(
    { readVersions },
    (notice) => bench.notices.push(notice),
    () => bench.clock,
  );
  return bench;
}

/** Whether one of the keys made the signature that `secret` makes. */
export function accepts(keys: SigningKeys, secret: string, remainingMs = 5_000): Promise<boolean> {
  const body = Buffer.from('{}');
  const signature = signingKey(secret)('msg_1', 1, body);
  return keys.some((key) => key('msg_1', 1, body) === signature, deadlineAfter(remainingMs));
}

/** Versions as a store gives them. */
export function versions(...secrets: string[]): SecretVersions {
  return { read: secrets.map((value, index) => ({ number: String(index + 1), value })), unread: [], unused: [] };
}

/** The same beside one that could not be read. */
export function beside(unread: Partial<UnreadVersion>, ...secrets: string[]): SecretVersions {
  return { ...versions(...secrets), unread: [{ number: '9', why: 'INTERNAL', denied: false, ...unread }] };
}

/** What a store throws while it is out of order, and where it says no. */
export const OUTAGE = new Error('Secret Manager: UNAVAILABLE');
export const GONE = new SecretGone('Secret Manager: PERMISSION_DENIED');
/** How a request is refused that cannot be decided. */
export const UNDECIDED = { name: 'Refusal', reason: 'secret' };
