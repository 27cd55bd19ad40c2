/** Where a request stands in a distributed trace. */
export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
const CLOUD_TRACE_CONTEXT = /^([0-9a-f]{32})\/([0-9]{1,20})(?:;o=([0-9]+))?$/;

/** Reads a W3C `traceparent`; undefined if it is missing or malformed. */
export function parseTraceparent(text: string | undefined): Trace | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The trace of a request: from `traceparent`, else from Google's older `X-Cloud-Trace-Context`. */
export function traceOf(headers: Readonly<Record<string, string | string[] | undefined>>): Trace | undefined {
  return (
    parseTraceparent(single(headers['traceparent'])) ?? parseCloudTraceContext(single(headers['x-cloud-trace-context']))
  );
}

function parseCloudTraceContext(text: string | undefined): Trace | undefined {
  const [, traceId, spanId, options] = CLOUD_TRACE_CONTEXT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId: BigInt(spanId).toString(16).padStart(16, '0').slice(-16), sampled: options === '1' };
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
