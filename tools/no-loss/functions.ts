import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { LogLevel } from '../../shared/environment.ts';
import { createLog } from '../../shared/log.ts';
import type { Log } from '../../shared/log-line.ts';
import type { Target } from './client.ts';
import type { Context } from './context.ts';
import type { LeadLine, Ledger } from './ledger.ts';
import { startLiveProcess } from './live-process.ts';
import { ANSWER_MS, timeLimits } from './time-limits.ts';

const FUNCTIONS = {
  webhook: { folder: 'incident-webhook', target: 'incidentWebhook', path: '/webhooks/incident/lead', level: 'error' },
  lead: { folder: 'incident-lead', target: 'incidentLead', path: '/', level: 'debug' },
} as const;
/** The share of requests that a process gets. */
const PROCESS_SHARE = 0.1;
/** Processes keep real time and the limits of production; they are killed by plan only. */
const REAL_TIME = { limits: timeLimits(1, ANSWER_MS), seconds: () => Date.now() / 1000, crash: () => {} };

/**
 * Starts a function in this process, on virtual time, and, where it was built, as a process.
 * @param createApp builds the one in this process from nothing.
 * @param env of the process.
 * @param onCrash called when the one in this process has crashed.
 */
export async function startFunction(
  { options, limits, rng, ledger, scheduler, crash }: Context,
  name: keyof typeof FUNCTIONS,
  createApp: (log: Log) => RequestListener,
  env: Readonly<Record<string, string>>,
  onCrash = () => {},
) {
  const { folder, target, path, level } = FUNCTIONS[name];
  const instance = await startInstance(level, createApp);
  crash[name] = () => {
    ledger.crashes += 1;
    instance.crash();
    onCrash();
  };
  const { dist } = options;
  const process = dist === undefined ? undefined : await startLiveProcess(join(dist, folder), target, env, ledger);
  const inProcess: Target = { url: instance.url + path, limits, seconds: scheduler.seconds, crash: crash[name] };
  return {
    inProcess,
    /** Who gets a request: mostly the one in this process, sometimes the other. */
    targetFor(key: string): Target {
      const url = process?.url();
      const isForProcess = url !== undefined && rng(`process/${key}`) < PROCESS_SHARE;
      return isForProcess ? { ...REAL_TIME, url: url + path } : inProcess;
    },
    /** Ends the process, which is then started again. */
    kill: (signal: 'SIGKILL' | 'SIGTERM') => process?.kill(signal),
    async close(): Promise<void> {
      await process?.close();
      instance.close();
    },
  };
}

/** Runs a function on a server of its own; `shared/server.ts` does the same to the framework's server. */
async function startInstance(level: LogLevel, createApp: (log: Log) => RequestListener) {
  const write = createLog({ level, project: 'p', service: 'no-loss', version: 'test' });
  let life = new AbortController();
  const begin = (): RequestListener => {
    const { signal } = life;
    return createApp((line) => signal.aborted || write(line));
  };
  let listener = begin();
  const server = createServer((req, res) => listener(req, res)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = (): void => {
    life.abort();
    server.closeAllConnections();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /**
     * Cuts every connection, forgets all state and starts anew, as a container that died. What it was
     * doing is neither answered nor logged.
     */
    crash() {
      end();
      life = new AbortController();
      listener = begin();
    },
    close() {
      end();
      server.close();
    },
  };
}

/**
 * Takes over stdout as the logging agent of Cloud Run does: each line that is a JSON object goes to
 * the ledger, anything else passes.
 * @returns what gives stdout back.
 */
export function captureStdout(ledger: Ledger): () => void {
  const { stdout } = process;
  const write = stdout.write;
  stdout.write = ((chunk: string | Uint8Array, ...rest: never[]): boolean => {
    const text = Buffer.from(chunk as Uint8Array).toString('utf8');
    if (!text.startsWith('{"')) return write.call(stdout, chunk, ...rest);
    for (const line of text.trimEnd().split('\n')) ledger.written(JSON.parse(line) as LeadLine);
    return true;
  }) as typeof stdout.write;
  return () => {
    stdout.write = write;
  };
}
