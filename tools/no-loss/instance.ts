import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LogLevel } from '../../shared/environment.ts';
import { createLog } from '../../shared/log.ts';
import type { Log } from '../../shared/log-line.ts';

/** A function that runs in this process, and can crash. */
export interface Instance {
  readonly url: string;
  /**
   * Cuts every connection, forgets all state and starts anew, as a container that died. What it was
   * doing is neither answered nor logged.
   */
  crash(): void;
  close(): void;
}

/**
 * Runs a function on a server of its own; `shared/server.ts` does the same to the framework's server.
 * @param level of the lines that it writes to stdout.
 * @param createApp builds the function from nothing.
 */
export async function startInstance(level: LogLevel, createApp: (log: Log) => RequestListener): Promise<Instance> {
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
 * `onLine`, anything else passes.
 * @returns what gives stdout back.
 */
export function captureStdout(onLine: (line: object) => void): () => void {
  const { stdout } = process;
  const write = stdout.write;
  stdout.write = ((chunk: string | Uint8Array, ...rest: never[]): boolean => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    if (!text.startsWith('{"')) return write.call(stdout, chunk, ...rest);
    for (const line of text.trimEnd().split('\n')) onLine(JSON.parse(line) as object);
    return true;
  }) as typeof stdout.write;
  return () => {
    stdout.write = write;
  };
}
