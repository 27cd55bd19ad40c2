import type { LogLine } from '../../shared/log-line.ts';

/** Tells of versions of the signing secret that are not used. */
export interface VersionNotice {
  /**
   * `unusable`: not a secret; `unread`: could not be read; `stale`: could not be read again, and its last
   * value is used; `unused`: older than the newest twelve.
   */
  readonly kind: 'unusable' | 'unread' | 'stale' | 'unused';
  readonly versions: readonly string[];
  /** Why they could not be read. */
  readonly detail?: string;
}

const VERSION_NOTICES = {
  unusable: {
    level: 'error',
    reason: 'secret_version',
    what: 'is not a usable secret and is skipped',
    next: 'Expected whsec_ and the padded base64 of 16 to 75 bytes: disable it, or add a right one.',
  },
  unread: {
    level: 'error',
    reason: 'secret_version_unread',
    what: 'could not be read',
    next: 'Events that no other version matches are answered 503 until it is.',
  },
  stale: {
    level: 'warn',
    reason: 'secret_version_unread',
    what: 'could not be read again',
    next: 'Its last value is used for up to an hour.',
  },
  unused: {
    level: 'warn',
    reason: 'secret_version_unused',
    what: 'left out',
    next: 'Only the 12 newest ENABLED versions are read. Disable those that are not in use.',
  },
} as const;

/** The log line about such versions. */
export function versionLine({ kind, versions, detail }: VersionNotice): LogLine {
  const { level, reason, what, next } = VERSION_NOTICES[kind];
  const names = versions.join(', ');
  const subject = `Version${versions.length > 1 ? 's' : ''} ${names} of the signing secret`;
  const why = detail === undefined ? '' : ` (${detail})`;
  return { level, message: `${subject} ${what}${why}. ${next}`, metadata: { reason, version: names } };
}
