import { join } from 'node:path';
import { freePort } from '../services/functions/free-port.ts';
import { type FunctionProcess, startFunction } from '../services/functions/function-process.ts';
import type { LeadLine, Ledger } from './ledger.ts';

/** A function from `dist/` under functions-framework, which is killed and started again. */
export interface LiveProcess {
  /** Where it listens, or undefined while there is none. */
  url(): string | undefined;
  /** Sends the signal, and starts another one when this one is gone. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): void;
  /** Ends the last one; resolves when all of them are gone. */
  close(): Promise<void>;
}

/** The built functions, by folder. */
const TARGETS = { 'incident-webhook': 'incidentWebhook', 'incident-lead': 'incidentLead' };
/** Cloud Run kills 10 s after SIGTERM. */
const SHUTDOWN_LIMIT_MS = 10_000;

/** Starts a function; the ledger learns what it writes, and what it should not have done. */
export async function startLiveProcess(
  dist: string,
  name: keyof typeof TARGETS,
  env: Readonly<Record<string, string>>,
  ledger: Ledger,
): Promise<LiveProcess> {
  const onFault = (what: string): void => void ledger.violations.push(`${name} ${what}`);
  const start = async (): Promise<FunctionProcess> =>
    startFunction({
      folder: join(dist, name),
      target: TARGETS[name],
      env,
      port: await freePort(),
      onLine(line, stream) {
        try {
          ledger.written(JSON.parse(stream === 'stdout' ? line : '') as LeadLine);
        } catch {
          onFault(`wrote to ${stream}: ${line}`);
        }
      },
    });
  let current: FunctionProcess | undefined = await start();
  let change: Promise<void> = Promise.resolve();
  let closed = false;

  async function replace(old: FunctionProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const since = performance.now();
    old.process.kill(signal);
    const code = await old.exited;
    if (signal === 'SIGTERM' && code !== 0) onFault(`ended with exit code ${code} after SIGTERM`);
    if (performance.now() - since > SHUTDOWN_LIMIT_MS) onFault('took over 10 s to end');
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
