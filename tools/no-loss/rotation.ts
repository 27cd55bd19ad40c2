import { hash } from 'node:crypto';
import { SECRET } from '../events/sign.ts';
import type { SecretVersion } from '../services/secret-manager/secret-manager-server.ts';
import type { Tally } from './tally.ts';

/** The signing secret of a run, which is rotated again and again. */
export interface Rotation {
  /** Every secret that a run ever has, the first one first. */
  readonly secrets: readonly string[];
  /** What the sender signs with now, the newest first. */
  signing(): readonly string[];
  /** To be told the virtual time, in milliseconds. */
  advance(now: number): void;
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
 * @param versions of the secret, changed as time goes by.
 */
export function planRotations(versions: SecretVersion[], tally: Tally): Rotation {
  const secrets = [
    SECRET,
    ...Array.from({ length: ROTATIONS }, (_, at) => `whsec_${hash('sha256', `${at}`, 'base64')}`),
  ];
  versions.push({ number: 1, state: 'ENABLED', data: SECRET });
  let signing: readonly string[] = [SECRET];

  const steps = secrets.slice(1).flatMap((secret, at) => {
    const from = MINUTE_MS + at * EVERY_MS;
    const old = secrets[at] ?? '';
    return [
      step('version added', from, () => versions.push({ number: at + 2, state: 'ENABLED', data: secret })),
      step('signed with both', from + MINUTE_MS, () => {
        signing = [secret, old];
      }),
      step('signed with the new one', from + HOUR_MS + 10 * MINUTE_MS, () => {
        signing = [secret];
      }),
      step('old version disabled', from + HOUR_MS + 20 * MINUTE_MS, () => {
        const version = versions[at];
        if (version !== undefined) version.state = 'DISABLED';
      }),
    ];
  });

  function step(name: string, at: number, change: () => void): { at: number; run: () => void } {
    const run = (): void => {
      tally.injected('rotation', name);
      change();
    };
    return { at, run };
  }

  return {
    secrets,
    signing: () => signing,
    advance(now) {
      for (let next = steps[0]; next !== undefined && next.at <= now; next = steps[0]) {
        steps.shift();
        next.run();
      }
    },
  };
}
