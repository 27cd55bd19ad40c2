import type { LogLevel } from './environment.ts';
import { escapeControls } from './escape-controls.ts';
import type { Trace } from './trace.ts';

/** One line for Cloud Logging. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  /** Becomes `jsonPayload.metadata`. Flat on purpose, so that nothing in it can be circular. */
  readonly metadata: Readonly<Record<string, string | number | null | undefined>>;
  readonly trace?: Trace | undefined;
  /** Entries with the same `insertId` and `timestamp` are shown once. */
  readonly insertId?: string;
  /**
   * When it happened, if not now. With null the line has no time, and Cloud Logging uses that of
   * its arrival.
   */
  readonly timestamp?: Date | null | undefined;
  /** Written whatever `LOG_LEVEL` says. */
  readonly always?: boolean;
  /** A stack trace, for Error Reporting. */
  readonly stack?: string | undefined;
}

/** Writes one line. Never throws. */
export type Log = (line: LogLine) => void;

/** Maximum length of a message (contract). */
const MAX_MESSAGE_CHARACTERS = 2_000;
/** Maximum size of a line in UTF-8 (contract). */
const MAX_LINE_BYTES = 4_096;
/**
 * Room for what the library and this module add: severity, field names, project, timestamp, trace,
 * insertId.
 */
const FRAME_BYTES = 900;
/** Maximum length of one metadata value: the longest well-formed ids have 256 characters. */
const MAX_VALUE_CHARACTERS = 300;
/** A message this short is not measured any further. */
const SHORT = 600;

/** Cuts a line to the contract's limits and escapes control characters in all its texts. */
export function fitLine(line: LogLine): LogLine {
  const message = shorten(escapeControls(line.message), MAX_MESSAGE_CHARACTERS);
  const metadata = fitMetadata(line.metadata);
  if (line.stack === undefined && message.length <= SHORT) return { ...line, message, metadata };
  const left = MAX_LINE_BYTES - FRAME_BYTES - jsonBytes(JSON.stringify(metadata));
  const fitted = fitBytes(message, left);
  // The library joins both into one message, separated by a space.
  const room = MAX_MESSAGE_CHARACTERS - fitted.length - 1;
  const stack = line.stack && fitBytes(shorten(line.stack, room), left - jsonBytes(fitted));
  return { ...line, message: fitted, metadata, stack };
}

function fitMetadata(metadata: LogLine['metadata']): LogLine['metadata'] {
  const fits = (value: unknown): boolean => typeof value !== 'string' || /^[\x20-\x7e]{0,256}$/.test(value);
  if (Object.values(metadata).every(fits)) return metadata;
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [
      name,
      typeof value === 'string' ? shorten(escapeControls(value), MAX_VALUE_CHARACTERS) : value,
    ]),
  );
}

function shorten(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1).toWellFormed()}…`;
}

function fitBytes(text: string, bytes: number): string {
  let fitted = text;
  while (jsonBytes(fitted) > Math.max(bytes, 0) && fitted.length > 1) {
    fitted = shorten(fitted, Math.floor(fitted.length * 0.9));
  }
  return fitted;
}

/** Size of a string inside a JSON line. */
function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}
