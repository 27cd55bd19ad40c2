import { hash } from 'node:crypto';
import { SECRET } from '../events/sign.ts';
import type { SecretVersion } from '../services/secret-manager/secret-manager-server.ts';
import type { Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

/** The signing secret of a run, which is rotated again and again. */
export interface Rotation {
  /** Every secret that a run ever has, the first one first. */
  readonly secrets: readonly string[];
  /** The versions in Secret Manager, now. */
  readonly versions: SecretVersion[];
  /** What the sender signs with now, the newest first. */
  signing: readonly string[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const EVERY_MS = 3 * HOUR_MS;
const ROTATIONS = 8;
/**
 * A signature with the first secret has to be refused from here on: its version is disabled, and
 * keys read before that are too old to serve.
 */
export const FIRST_SECRET_RETIRED_MS = 2 * EVERY_MS;

/**
 * Plans the rotations, each as terraform/operations.md describes it: the new version is added here,
 * then at the sender, which signs with both for over an hour (Svix: 24), so that even keys that are
 * read again only after an outage know it; then the old one is disabled.
 */
export function planRotations(scheduler: Scheduler, faults: Faults): Rotation {
  const later = Array.from({ length: ROTATIONS }, (_, index) => `whsec_${hash('sha256', `${index}`, 'base64')}`);
  const first: SecretVersion = { number: 1, state: 'ENABLED', data: SECRET };
  const rotation: Rotation = { secrets: [SECRET, ...later], versions: [first], signing: [SECRET] };
  const step = (due: number, name: string, change: () => void): void =>
    scheduler.add(due, () => {
      faults.record('rotation', name);
      change();
    });
  let old = first;
  for (const [index, secret] of later.entries()) {
    const startMs = MINUTE_MS + index * EVERY_MS;
    const [retired, version] = [old, { number: index + 2, state: 'ENABLED', data: secret } as const];
    step(startMs, 'version added', () => rotation.versions.push(version));
    step(startMs + MINUTE_MS, 'signed with both', () => {
      rotation.signing = [secret, String(retired.data)];
    });
    step(startMs + HOUR_MS + 10 * MINUTE_MS, 'signed with the new one', () => {
      rotation.signing = [secret];
    });
    step(startMs + HOUR_MS + 20 * MINUTE_MS, 'old version disabled', () => {
      retired.state = 'DISABLED';
    });
    old = version;
  }
  return rotation;
}
