/**
 * The stack of a bug, for the log. V8 quotes the text that is not JSON in the message of a
 * SyntaxError.
 */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const stack = error.stack ?? error.name;
  return error instanceof SyntaxError ? stack.replace(error.message, '') : stack;
}
