import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { createLog } from '../../shared/log.ts';
import type { Log } from '../../shared/log-line.ts';
import { closeServer, listenOn } from '../services/listen-on.ts';
import { ANSWER_MS, type Target } from './client.ts';
import type { Context } from './context.ts';
import type { Ledger } from './ledger.ts';
import { startLiveProcess } from './live-process.ts';

/** How each is called; `target` by functions-framework. */
const FUNCTIONS = {
  webhook: { folder: 'incident-webhook', target: 'incidentWebhook', path: '/webhooks/incident/lead' },
  lead: { folder: 'incident-lead', target: 'incidentLead', path: '/' },
};
/** The share of requests that a process gets. */
const PROCESS_SHARE = 0.1;
/** Processes keep real time and the limits of production; they are killed by plan only. */
const REAL_TIME = { scale: 1, answerMs: ANSWER_MS, seconds: () => Date.now() / 1000, crash: () => {} };

/**
 * Starts a function in this process, on virtual time, and, where it was built, as a process.
 * @param createApp builds the one in this process from nothing.
 * @param env of the process.
 */
export async function startFunction(
  { options, rng, ledger, scheduler, crash }: Context,
  name: keyof typeof FUNCTIONS,
  createApp: (log: Log) => RequestListener,
  env: Readonly<Record<string, string>>,
) {
  const { folder, target, path } = FUNCTIONS[name];
  const { scale, answerMs, dist } = options;
  const write = createLog({ level: 'debug', project: 'p', service: 'no-loss', version: 'test' });
  let lives = 0;
  const begin = (): RequestListener => {
    lives += 1;
    const life = lives;
    // What one that died was doing is not logged.
    return createApp((line) => life === lives && write(line));
  };
  let listener = begin();
  // `shared/server.ts` does the same to the framework's server.
  const server = createServer((req, res) => listener(req, res));
  const url = `http://127.0.0.1:${await listenOn(server)}${path}`;
  /** Cuts every connection, forgets all state and starts anew, as a container that died. */
  crash[name] = () => {
    ledger.crashes += 1;
    server.closeAllConnections();
    listener = begin();
  };
  const inProcess: Target = { url, scale, answerMs, seconds: scheduler.seconds, crash: crash[name] };
  const process = dist === undefined ? undefined : await startLiveProcess(join(dist, folder), target, env, ledger);
  return {
    inProcess,
    /** Who gets a request: mostly the one in this process, sometimes the other. */
    targetFor(key: string): Target {
      const origin = process?.url();
      const isForProcess = origin !== undefined && rng(`process/${key}`) < PROCESS_SHARE;
      return isForProcess ? { ...REAL_TIME, url: origin + path } : inProcess;
    },
    /** Ends the process, which is then started again. */
    kill: (signal: 'SIGKILL' | 'SIGTERM') => process?.kill(signal),
    async close(): Promise<void> {
      await process?.close();
      lives += 1;
      await closeServer(server);
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
    for (const line of text.trimEnd().split('\n')) ledger.written(line);
    return true;
  }) as typeof stdout.write;
  return () => {
    stdout.write = write;
  };
}
