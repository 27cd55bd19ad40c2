import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../tools/services/functions/free-port.ts';
import { startFunction } from '../../tools/services/functions/function-process.ts';

/** A function that ran, and what it wrote. */
export interface FunctionRun {
  /** The lines that one cause left on stdout, at least one; those of a request, where there is one. */
  linesOf(cause: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** What to do to a function, by name. */
export type Causes = Readonly<Record<string, () => Promise<unknown>>>;

interface StartedRun {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** @param atStart the name of what the function says by itself when it starts. */
  causing(causes: Causes, more: { atStart?: string; stop(): Promise<void> }): Promise<FunctionRun>;
}

const DIST = join(import.meta.dirname, '..', '..', 'dist');
const LINE_TIMEOUT_MS = 10_000;

/** Starts a function that `npm run build` wrote. */
export async function startFunctionRun(name: string, target: string, env: Record<string, string>): Promise<StartedRun> {
  const lines: string[] = [];
  const running = await startFunction({
    folder: join(DIST, name),
    target,
    port: await freePort(),
    env: { ...env, GOOGLE_CLOUD_PROJECT: 'p', LOG_LEVEL: 'debug', METADATA_SERVER_DETECTION: 'none' },
    onLine: (line, stream) => {
      if (stream === 'stdout' && line.startsWith('{')) lines.push(line);
    },
  });
  return {
    url: running.url,
    async causing(causes, { atStart, stop }) {
      const written = new Map<string, readonly string[]>();
      if (atStart !== undefined) written.set(atStart, await linesAfter(lines, 0, () => true));
      return {
        async linesOf(cause) {
          const known = written.get(cause);
          if (known !== undefined) return known;
          const before = lines.length;
          await causes[cause]?.();
          const found = await linesAfter(lines, before, isOfRequest);
          written.set(cause, found);
          return found;
        },
        async stop() {
          await running.stop();
          await stop();
        },
      };
    },
  };
}

async function linesAfter(
  lines: readonly string[],
  before: number,
  wanted: (line: string) => boolean,
): Promise<readonly string[]> {
  const until = performance.now() + LINE_TIMEOUT_MS;
  while (performance.now() < until) {
    const found = lines.slice(before).filter(wanted);
    if (found.length > 0) return found;
    await sleep(10);
  }
  throw new Error(`no line after ${LINE_TIMEOUT_MS / 1000} s`);
}

/** Other lines tell of the process, such as of an idle connection that died. */
function isOfRequest(line: string): boolean {
  const { metadata } = JSON.parse(line) as { metadata: { status?: number } };
  return metadata.status !== undefined;
}
