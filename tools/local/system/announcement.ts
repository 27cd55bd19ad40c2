import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** A local system that is running, as it tells the other commands. */
export interface RunningSystem {
  readonly pid: number;
  readonly webhookUrl: string;
  /** `host:port` of the Pub/Sub emulator; undefined while it starts. */
  readonly emulatorHost?: string;
}

/**
 * What is in the file: a system is alive where the port answers with the token. Its process id may
 * be another's by now.
 */
interface Announcement extends RunningSystem {
  readonly port: number;
  readonly token: string;
}

const FILE = 'system.json';
const ANSWER_TIMEOUT_MS = 1_000;

/**
 * Tells the other commands that a system runs.
 * @returns with `update` and `stop` the ways to change that and to take it back.
 * @throws Error where another system runs that uses the folder, or the folder cannot be written to.
 */
export async function announce(
  folder: string,
  system: RunningSystem,
): Promise<{ update(system: RunningSystem): void; stop(): Promise<void> }> {
  await assertNoneRuns(folder);
  const token = randomUUID();
  const server = createServer((socket) => socket.on('error', () => {}).end(token)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const file = join(folder, FILE);
  const next = `${file}.new`;
  const stop = async (): Promise<void> => {
    rmSync(file, { force: true });
    server.close();
  };
  const update = (now: RunningSystem): void => {
    // In one step, so that nobody reads half of it.
    writeFileSync(next, `${JSON.stringify({ ...now, port, token } satisfies Announcement)}\n`);
    renameSync(next, file);
  };
  try {
    mkdirSync(folder, { recursive: true });
    update(system);
  } catch (error) {
    server.close();
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${folder} cannot be written to (${code}): let your user write there, or use --folder.`);
  }
  return { update, stop };
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
    const { port, token, ...system } = JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Announcement;
    return (await answerOf(port)) === token ? system : undefined;
  } catch {
    // No file, or nobody answers.
    return undefined;
  }
}

async function answerOf(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const timer = setTimeout(() => socket.destroy(), ANSWER_TIMEOUT_MS);
  return text(socket).finally(() => clearTimeout(timer));
}
