import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What a command printed, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder for one test file: the systems' `.local`, and their temp folder beside it. */
export interface TestFolder {
  readonly local: string;
  readonly temp: string;
  [Symbol.dispose](): void;
}

/** @param name of `.local`. */
export function makeFolder(name = 'local'): TestFolder {
  const folder = mkdtempSync(join(tmpdir(), 'local-system-'));
  // As root, PostgreSQL runs as another user, who has to get in.
  chmodSync(folder, 0o755);
  return {
    local: join(folder, name),
    temp: folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs one of the commands in `tools/` to its end. Nothing of the environment counts but what is given. */
export async function run(tool: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const command = launch([...node(tool), ...args], env, false);
  await once(command.child, 'close');
  return { code: command.child.exitCode, stdout: command.stdout(), stderr: command.stderr() };
}

/** A local system in a process group of its own, as a terminal starts it. */
export class StartedSystem {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly #closed: Promise<unknown>;

  /** @param command the words before the arguments. */
  constructor(
    folder: TestFolder,
    args: readonly string[] = [],
    env: Record<string, string> = {},
    command: readonly string[] = node('start'),
  ) {
    const { child, stdout, stderr } = launch(
      [...command, '--folder', folder.local, ...args],
      { PORT: '0', TMPDIR: folder.temp, ...env },
      true,
    );
    this.child = child;
    this.stdout = stdout;
    this.stderr = stderr;
    this.#closed = once(child, 'close');
  }

  /** Starts one and waits until it is ready. */
  static async ready(...[folder, args, env]: ConstructorParameters<typeof StartedSystem>): Promise<StartedSystem> {
    const system = new StartedSystem(folder, args, env);
    await system.says('Ctrl-C stops it all.');
    return system;
  }

  /** Waits for a text on its stdout. */
  async says(text: string, timeoutMs = 60_000): Promise<void> {
    await until(() => this.stdout().includes(text) || this.child.exitCode !== null, timeoutMs);
    if (!this.stdout().includes(text))
      throw new Error(`it did not say ${text}, but:\n${this.stdout()}\n${this.stderr()}`);
  }

  /** Its address in the list that it prints. */
  address(name: string): string {
    return new RegExp(`^  ${name} +(\\S+)`, 'm').exec(this.stdout())?.[1] ?? '';
  }

  /** Ctrl-C: the terminal sends SIGINT to every process of the group. */
  interrupt(): void {
    process.kill(-(this.child.pid ?? 0), 'SIGINT');
  }

  async ended(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }

  /** The processes that it has started, and those that they have. */
  descendants(): number[] {
    return descendantsOf(this.child.pid ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null) this.child.kill('SIGTERM');
    await this.#closed;
  }
}

/** Waits until something holds, or the time is up. */
export async function until(holds: () => boolean, timeoutMs = 60_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!holds() && performance.now() < end) await sleep(20);
}

function node(tool: string): readonly string[] {
  return [process.execPath, join(ROOT, 'tools', 'local', `${tool}.ts`)];
}

function launch([program = '', ...args]: readonly string[], env: Record<string, string>, detached: boolean) {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    let text = '';
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    return () => text;
  }) as [() => string, () => string];
  return { child, stdout, stderr };
}
