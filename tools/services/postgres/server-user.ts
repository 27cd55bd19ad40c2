import { spawnSync } from 'node:child_process';

/** The user that PostgreSQL runs as where this process may not run it. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Users that exist on Linux and macOS without our making one. */
const NAMES = ['postgres', '_postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root, so root runs it as another user.
 * @returns undefined where the current user can run it.
 * @throws Error where root finds no such user.
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of NAMES) {
    const [uid, gid] = [idOf('-u', name), idOf('-g', name)];
    if (uid > 0 && gid > 0) return { name, uid, gid };
  }
  throw new Error(
    `PostgreSQL does not run as root, and there is no user ${NAMES.join(', ')} to run it as: add one, or run this as a normal user.`,
  );
}

function idOf(option: string, name: string): number {
  return Number.parseInt(spawnSync('id', [option, name], { encoding: 'utf8' }).stdout ?? '', 10);
}
