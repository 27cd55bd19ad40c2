import { escapeControls } from '../../shared/escape-controls.ts';

/** Where a run writes to. */
export interface Output {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream;
}

/** What the process ends with. */
export const EXIT = { moved: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Writes a line, whatever texts of others are in it. */
export function writeLine(stream: NodeJS.WritableStream, line: string): void {
  stream.write(`${escapeControls(line)}\n`);
}
