import { hash } from 'node:crypto';
import { SECRET } from '../events/sign.ts';
import type { SecretVersion } from '../services/secret-manager/secret-manager-server.ts';
import type { Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

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
 * Plans the rotations of the signing secret, each as terraform/operations.md describes it: the new
 * version is added here, then at the sender, which signs with both for over an hour (Svix: 24), so
 * that even keys that are read again only after an outage know it; then the old one is disabled.
 */
export function planRotations(scheduler: Scheduler, faults: Faults) {
  const later = Array.from({ length: ROTATIONS }, (_, index) => `whsec_${hash('sha256', `${index}`, 'base64')}`);
  const rotation = {
    /** Every secret that a run ever has, the first one first. */
    secrets: [SECRET, ...later],
    /** The versions in Secret Manager, now. */
    versions: [{ number: 1, state: 'ENABLED', data: SECRET }] as SecretVersion[],
    /** What the sender signs with now, the newest first. */
    signing: [SECRET],
  };
  const { versions } = rotation;
  const plan = (due: number, name: string, change: () => void): void =>
    scheduler.add(due, () => {
      faults.record('rotation', name);
      change();
    });
  const sign =
    (...secrets: string[]) =>
    () =>
      void Object.assign(rotation, { signing: secrets });
  for (const [index, secret] of later.entries()) {
    const startMs = MINUTE_MS + index * EVERY_MS;
    const [old = ''] = rotation.secrets.slice(index);
    plan(startMs, 'version added', () => versions.push({ number: index + 2, state: 'ENABLED', data: secret }));
    plan(startMs + MINUTE_MS, 'signed with both', sign(secret, old));
    plan(startMs + HOUR_MS + 10 * MINUTE_MS, 'signed with the new one', sign(secret));
    plan(startMs + HOUR_MS + 20 * MINUTE_MS, 'old version disabled', () =>
      Object.assign(versions[index] ?? {}, { state: 'DISABLED' }),
    );
  }
  return rotation;
}
