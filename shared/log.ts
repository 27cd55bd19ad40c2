import { LoggingWinston } from '@google-cloud/logging-winston';
import type { LogConfig, LogLevel } from './environment.ts';
import { fitLine, type Log } from './log-line.ts';

/** What the library turns a line into before it becomes an entry. */
interface Payload {
  readonly metadata: { readonly insertId?: string; readonly stack?: string; readonly timeless?: true };
}

const PRIORITY: Record<LogLevel, number> = { error: 0, warn: 1, info: 2, debug: 3 };

/**
 * Writes Cloud Logging's structured form to stdout, one JSON object a line, within the limits of
 * `log-line.ts`. Lines go straight to the transport: a winston logger around it would only add its
 * import and a chain of streams.
 */
export function createLog(config: LogConfig): Log {
  const transport = stdoutTransport(config);
  return (line) => {
    if (!line.always && PRIORITY[line.level] > PRIORITY[config.level]) return;
    const { level, message, metadata, trace, insertId, timestamp, stack } = fitLine(line);
    const info = {
      level,
      message,
      ...metadata,
      ...(insertId !== undefined && { insertId }),
      ...(timestamp && { timestamp }),
      ...(timestamp === null && { timeless: true }),
      ...(stack !== undefined && { stack }),
      ...(trace && {
        [LoggingWinston.LOGGING_TRACE_KEY]: config.project
          ? `projects/${config.project}/traces/${trace.traceId}`
          : trace.traceId,
        [LoggingWinston.LOGGING_SPAN_KEY]: trace.spanId,
        'logging.googleapis.com/trace_sampled': trace.sampled,
      }),
    };
    transport.log(info, () => {});
  };
}

function stdoutTransport({ project, service, version }: LogConfig): LoggingWinston {
  // Otherwise the library would add a line about itself after the first one.
  Object.assign(globalThis, { instrumentationAdded: true });
  const transport = new LoggingWinston({
    redirectToStdout: true,
    // With the default, the payload would be nested one level deeper, below `message`.
    useMessageField: false,
    projectId: project ?? 'local',
    serviceContext: { service, version },
  });
  const entry = transport.common.entry.bind(transport.common);
  // The library leaves `insertId` in the payload, where it means nothing, and rounds timestamps
  // through floating point.
  transport.common.entry = (entryMetadata, data) => {
    const { insertId, stack, timeless, ...metadata } = (data as Payload).metadata;
    const timestamp = entryMetadata && 'timestamp' in entryMetadata ? entryMetadata.timestamp : undefined;
    const fields = {
      ...entryMetadata,
      ...(insertId !== undefined && { insertId }),
      ...(timestamp instanceof Date && { timestamp: toTimestamp(timestamp) }),
    };
    const made = entry(fields, { ...(data as Payload), metadata });
    // By default an entry has the time of its creation.
    if (timeless) delete made.metadata.timestamp;
    return made;
  };
  return transport;
}

function toTimestamp(date: Date): { seconds: number; nanos: number } {
  const ms = date.getTime();
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: (ms - seconds * 1000) * 1_000_000 };
}
