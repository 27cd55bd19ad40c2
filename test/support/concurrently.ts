/**
 * Starts `run` now, beside the others of its file, and reports it as a test of its own. For slow
 * scenarios that share nothing: together they take as long as the slowest.
 */
export function concurrently(name: string, run: () => Promise<void>): void {
  const running = run();
  running.catch(() => {});
  it(name, () => running);
}
