/** `google.protobuf.Duration`. */
export interface Duration {
  seconds: number;
  nanos?: number;
}

/** `google.protobuf.Timestamp`. */
export interface Timestamp {
  seconds: number;
  nanos: number;
}

/** A protobuf duration in milliseconds. */
export function toMilliseconds({ seconds, nanos = 0 }: Duration): number {
  return seconds * 1_000 + nanos / 1_000_000;
}

/** A point in time as protobuf carries it. */
export function toTimestamp(time: Date): Timestamp {
  const ms = time.getTime();
  return { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };
}
