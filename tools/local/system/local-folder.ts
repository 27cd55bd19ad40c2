import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSigningSecret } from '../../../shared/signing-secret.ts';

/** What `npm start`, `npm run send` and `npm run story` share; git ignores it. */
export const LOCAL_FOLDER = join(import.meta.dirname, '..', '..', '..', '.local');

/** A local system that is running, as it tells the other commands. */
export interface RunningSystem {
  readonly pid: number;
  readonly webhookUrl: string;
}

const SYSTEM_FILE = 'system.json';
const SECRET_FILE = 'webhook-secret';
/** As Svix makes them. */
const SECRET_BYTES = 24;

/** The signing secret kept in the folder; made, for the owner's eyes only, where there is none yet. */
export function localSecret(folder: string): string {
  mkdirSync(folder, { recursive: true });
  try {
    const made = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
    writeFileSync(join(folder, SECRET_FILE), `${made}\n`, { mode: 0o600, flag: 'wx' });
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const kept = readSecret(folder);
  if (kept !== undefined) return kept;
  throw new Error(
    `${join(folder, SECRET_FILE)} holds no usable secret: expected whsec_ and the base64 of 16 to 75 bytes. Delete the file; a new one is made.`,
  );
}

/** The signing secret kept in the folder, or undefined where there is none. */
export function readSecret(folder: string): string | undefined {
  try {
    return parseSigningSecret(readFileSync(join(folder, SECRET_FILE), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Says that a system runs.
 * @returns with `stop`, the way to take it back.
 * @throws Error where another one that uses the folder is alive.
 */
export function announce(folder: string, system: RunningSystem): { stop(): Promise<void> } {
  assertNoneRuns(folder, system.pid);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, SYSTEM_FILE), `${JSON.stringify(system)}\n`);
  return { stop: async () => rmSync(join(folder, SYSTEM_FILE), { force: true }) };
}

/** @throws Error where a system of another process is alive that uses the folder. */
export function assertNoneRuns(folder: string, pid: number): void {
  const other = findRunning(folder);
  if (other === undefined || other.pid === pid) return;
  throw new Error(
    `a local system is running already (process ${other.pid}, ${other.webhookUrl}): stop it first, or start this one with PORT and --folder of its own`,
  );
}

/** The system that is running with this folder, if any. */
export function findRunning(folder: string): RunningSystem | undefined {
  try {
    const system = JSON.parse(readFileSync(join(folder, SYSTEM_FILE), 'utf8')) as RunningSystem;
    process.kill(system.pid, 0);
    return system;
  } catch {
    // No file, or its process is gone.
    return undefined;
  }
}
