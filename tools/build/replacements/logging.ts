import { Entry, type LogEntry } from '@google-cloud/logging/build/src/entry.js';
import { LogSync } from '@google-cloud/logging/build/src/log-sync.js';

export { Entry, LogSync };

/** What `LoggingWinston` with `redirectToStdout` uses of the library's class: no client, no credentials, no gRPC. */
export class Logging {
  readonly projectId: string;

  constructor(options?: { projectId?: string }) {
    this.projectId = options?.projectId ?? '{{projectId}}';
  }

  entry(metadata?: LogEntry, data?: unknown): Entry {
    return new Entry(metadata, data);
  }

  logSync(...args: LogSyncArguments): LogSync {
    return new LogSync(this as unknown as ConstructorParameters<typeof LogSync>[0], ...args);
  }

  log(): never {
    throw new Error('This bundle logs to stdout only: create LoggingWinston with redirectToStdout');
  }
}

type LogSyncArguments = ConstructorParameters<typeof LogSync> extends [unknown, ...infer Rest] ? Rest : never;
