/** The part of Cloud Logging's LogEntry that filters look at. */
export interface LogEntry {
  readonly logName: string;
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> };
  readonly severity: string;
  readonly jsonPayload: Readonly<Record<string, unknown>>;
}

/** The fields of a structured line that become fields of the entry itself. */
const LIFTED = /^(severity|timestamp|httpRequest|logging\.googleapis\.com\/.*)$/;

/**
 * What Cloud Run's logging agent makes of a line that a function wrote to stdout.
 * @param service the function's name
 * @throws SyntaxError where the line is no JSON
 */
export function toLogEntry(line: string, service: string): LogEntry {
  const written = JSON.parse(line) as Record<string, unknown>;
  return {
    logName: 'projects/alan-eu-tools/logs/run.googleapis.com%2Fstdout',
    resource: { type: 'cloud_run_revision', labels: { service_name: service, location: 'europe-west1' } },
    severity: typeof written['severity'] === 'string' ? written['severity'] : 'DEFAULT',
    jsonPayload: Object.fromEntries(Object.entries(written).filter(([field]) => !LIFTED.test(field))),
  };
}
