import { hash } from 'node:crypto';
import { SECRET } from '../events/sign.ts';
import type { SecretVersion } from '../services/secret-manager/secret-manager-server.ts';

const MINUTE_MS = 60_000;
const EVERY_MS = 180 * MINUTE_MS;
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
export function planRotations(plan: (due: number, name: string, change: () => unknown) => void) {
  const later = Array.from({ length: ROTATIONS }, (_, index) => `whsec_${hash('sha256', `${index}`, 'base64')}`);
  const versions: SecretVersion[] = [{ number: 1, state: 'ENABLED', data: SECRET }];
  const rotation = {
    /** Every secret that a run ever has, the first one first. */
    secrets: [SECRET, ...later],
    /** The versions in Secret Manager, now. */
    versions,
    /** What the sender signs with now, the newest first. */
    signing: [SECRET],
  };
  for (const [index, secret] of later.entries()) {
    const [old = ''] = rotation.secrets.slice(index);
    const at = (minutes: number): number => index * EVERY_MS + minutes * MINUTE_MS;
    plan(at(1), 'version added', () => versions.push({ number: index + 2, state: 'ENABLED', data: secret }));
    plan(at(2), 'signed with both', () => Object.assign(rotation, { signing: [secret, old] }));
    plan(at(71), 'signed with the new one', () => Object.assign(rotation, { signing: [secret] }));
    plan(at(81), 'old version disabled', () => Object.assign(versions[index] ?? {}, { state: 'DISABLED' }));
  }
  return rotation;
}
