import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { listenOn } from '../../services/listen-on.ts';

/** A local system that is running, as it tells the other commands. */
export interface RunningSystem {
  readonly pid: number;
  readonly webhookUrl: string;
  /** `host:port` of the Pub/Sub emulator. */
  readonly emulatorHost: string;
}

const FILE = 'system.json';
const ANSWER_TIMEOUT_MS = 1_000;

/**
 * Tells the other commands that a system runs: in a file, and on a port that the file names and
 * that answers with what is in the file. So the file of a system that was killed is not believed,
 * whoever has its process id or its port by now.
 * @throws Error where another system runs that uses the folder, or the folder cannot be written to.
 */
export async function announce(folder: string, system: RunningSystem): Promise<{ stop(): void }> {
  await assertNoneRuns(folder);
  let announcement = '';
  const server = createServer((socket) => socket.on('error', () => {}).end(announcement));
  announcement = JSON.stringify({ ...system, port: await listenOn(server) });
  const file = join(folder, FILE);
  try {
    mkdirSync(folder, { recursive: true });
    // In one step, so that nobody reads half of it.
    writeFileSync(`${file}.new`, announcement);
    renameSync(`${file}.new`, file);
  } catch (error) {
    server.close();
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${folder} cannot be written to (${code}): let your user write there, or use --folder.`);
  }
  return {
    stop() {
      rmSync(file, { force: true });
      server.close();
    },
  };
}

/** @throws Error where another system runs that uses the folder. */
export async function assertNoneRuns(folder: string): Promise<void> {
  const other = await findRunning(folder);
  if (other === undefined) return;
  throw new Error(
    `a local system is running already (process ${other.pid}, ${other.webhookUrl}): stop it first, or give this one another PORT and --folder`,
  );
}

/** The system that is running with this folder, if any. */
export async function findRunning(folder: string): Promise<RunningSystem | undefined> {
  try {
    const announcement = readFileSync(join(folder, FILE), 'utf8');
    const { port, ...system } = JSON.parse(announcement) as RunningSystem & { port: number };
    const socket = connect({ port, host: '127.0.0.1', signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    return (await text(socket)) === announcement ? system : undefined;
  } catch {
    // No file, or nobody answers.
    return undefined;
  }
}
