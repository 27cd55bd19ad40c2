/**
 * Takes over stdout as the logging agent of Cloud Run does: each line that is a JSON object goes to
 * `onLine`, anything else passes.
 */
export function captureStdout(onLine: (line: object) => void): { release(): void } {
  const { stdout } = process;
  const write = stdout.write;
  stdout.write = ((chunk: string | Uint8Array, ...rest: never[]): boolean => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    if (!text.startsWith('{"')) return write.call(stdout, chunk, ...rest);
    for (const line of text.trimEnd().split('\n')) onLine(JSON.parse(line) as object);
    return true;
  }) as typeof stdout.write;
  return {
    release() {
      stdout.write = write;
    },
  };
}
