import { freePort } from '../services/functions/free-port.ts';
import { type FunctionProcess, startFunction } from '../services/functions/function-process.ts';
import type { Ledger } from './ledger.ts';

/** Cloud Run kills 10 s after SIGTERM. */
const SHUTDOWN_LIMIT_MS = 10_000;

/**
 * Starts a built function under functions-framework; its lines and whatever it should not have done
 * go to the ledger.
 */
export async function startLiveProcess(
  folder: string,
  target: string,
  env: Readonly<Record<string, string>>,
  ledger: Ledger,
) {
  const onFault = (what: string): void => void ledger.violations.push(`${target} ${what}`);
  const start = async (): Promise<FunctionProcess> =>
    startFunction({
      ...{ folder, target, env, port: await freePort() },
      onLine(line, stream) {
        try {
          ledger.written(stream === 'stdout' ? line : '');
        } catch {
          onFault(`wrote to ${stream}: ${line}`);
        }
      },
    });
  let current: FunctionProcess | undefined = await start();
  let change: Promise<void> = Promise.resolve();

  async function replace(old: FunctionProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    current = undefined;
    const startedAtMs = performance.now();
    old.process.kill(signal);
    const code = await old.exited;
    if (signal === 'SIGTERM' && code !== 0) onFault(`ended with exit code ${code} after SIGTERM`);
    if (performance.now() - startedAtMs > SHUTDOWN_LIMIT_MS) onFault('took over 10 s to end');
    current = await start();
  }

  return {
    /** Where it listens, or undefined while there is none. */
    url: () => current?.url,
    /** Sends the signal once the process runs, and starts another one when it is gone. */
    kill(signal: 'SIGKILL' | 'SIGTERM'): void {
      change = change.then(() => current && replace(current, signal)).catch((error: unknown) => onFault(String(error)));
    },
    /** Ends the last one; resolves when all of them are gone. */
    async close(): Promise<void> {
      await change;
      await current?.stop();
    },
  };
}
