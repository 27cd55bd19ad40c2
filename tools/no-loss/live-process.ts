import { freePort } from '../services/functions/free-port.ts';
import { type FunctionProcess, startFunction } from '../services/functions/function-process.ts';

/** A function from `dist/` under functions-framework, which is killed and started again. */
export interface LiveProcess {
  /** Where it listens, or undefined while there is none. */
  url(): string | undefined;
  /** Sends the signal, and starts another one when this one is gone. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): void;
  /** Ends the last one; resolves when all of them are gone. */
  close(): Promise<void>;
}

/** What to run. */
export interface LiveProcessOptions {
  readonly folder: string;
  readonly target: 'incidentWebhook' | 'incidentLead';
  readonly env: Readonly<Record<string, string>>;
  /** Told each line that it wrote to stdout. */
  readonly onLine: (line: object) => void;
  /** Told what a process should not have done. */
  readonly onFault: (what: string) => void;
}

/** Cloud Run kills 10 s after SIGTERM. */
const DRAIN_LIMIT_MS = 10_000;

/** Starts a function process. */
export async function startLiveProcess({ onFault, onLine, ...options }: LiveProcessOptions): Promise<LiveProcess> {
  const start = async (): Promise<FunctionProcess> =>
    startFunction({
      ...options,
      port: await freePort(),
      onLine: (line, stream) => {
        const parsed = stream === 'stdout' ? parse(line) : undefined;
        if (parsed === undefined) onFault(`${options.target} wrote to ${stream}: ${line}`);
        else onLine(parsed);
      },
    });
  let current: FunctionProcess | undefined = await start();
  let change: Promise<void> = Promise.resolve();
  let closed = false;

  async function replace(old: FunctionProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const since = performance.now();
    old.process.kill(signal);
    const code = await old.exited;
    if (signal === 'SIGTERM' && code !== 0) onFault(`${options.target} ended with exit code ${code} after SIGTERM`);
    if (performance.now() - since > DRAIN_LIMIT_MS) onFault(`${options.target} took over 10 s to end`);
    if (!closed) current = await start();
  }

  return {
    url: () => current?.url,
    kill(signal) {
      const old = current;
      if (old === undefined) return;
      current = undefined;
      change = change.then(() => replace(old, signal)).catch((error: unknown) => onFault(String(error)));
    },
    async close() {
      closed = true;
      await change;
      await current?.stop();
    },
  };
}

function parse(line: string): object | undefined {
  try {
    return JSON.parse(line) as object;
  } catch {
    return undefined;
  }
}
