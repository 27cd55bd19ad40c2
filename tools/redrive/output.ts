import { escapeControls } from '../../shared/escape-controls.ts';

/** Where a run writes to. */
export interface Output {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream;
}

/** What the process ends with. */
export const EXIT = { moved: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Where the leases of what stays could not be ended. */
export const LEASED =
  'The messages that stay could not be released: they can be pulled again when their ack deadline has passed.';

/** Writes a line, whatever texts of others are in it. */
export function writeLine(stream: NodeJS.WritableStream, line: string): void {
  stream.write(`${escapeControls(line)}\n`);
}
