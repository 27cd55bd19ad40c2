/** Thrown by a check: what is wrong, and what to do. */
export class CheckFailed extends Error {
  override name = 'CheckFailed';
  readonly todo: string;

  constructor(message: string, todo: string) {
    super(message);
    this.todo = todo;
  }
}

/** What a check that passed says; `warning` where somebody should look although the deployment is right. */
export interface Passed<T> {
  readonly says: string;
  readonly warning?: string;
  readonly value: T;
}

/** Prints each check as it ends, and counts. */
export interface Report {
  /**
   * @param check what to run, or why it cannot run, where an earlier one failed.
   * @returns its value; undefined where it failed or did not run.
   */
  run<T>(name: string, check: (() => Promise<Passed<T>>) | string): Promise<T | undefined>;
  /** Prints the sums; true where nothing failed or was left out. */
  end(): boolean;
}

const NAME_WIDTH = 16;

/** @param output on a terminal, the check that is running is shown too. */
export function createReport(output: NodeJS.WritableStream & { readonly isTTY?: boolean }): Report {
  const counts = { passed: 0, warnings: 0, failed: 0, skipped: 0 };
  const line = (mark: string, name: string, text: string, todo?: string): void => {
    output.write(`${output.isTTY ? '\r\x1b[K' : ''}${mark} ${name.padEnd(NAME_WIDTH)} ${text}\n`);
    if (todo) output.write(`${' '.repeat(NAME_WIDTH + 3)}${todo}\n`);
  };
  return {
    async run(name, check) {
      if (typeof check === 'string') {
        counts.skipped += 1;
        line('-', name, `not checked: ${check}`);
        return undefined;
      }
      if (output.isTTY) output.write(`… ${name}`);
      try {
        const { says, warning, value } = await check();
        counts[warning ? 'warnings' : 'passed'] += 1;
        line(warning ? '!' : '✓', name, says, warning);
        return value;
      } catch (error) {
        if (!(error instanceof CheckFailed)) {
          if (output.isTTY) output.write('\r\x1b[K');
          throw error;
        }
        counts.failed += 1;
        line('✗', name, error.message, error.todo);
        return undefined;
      }
    },
    end() {
      const { passed, warnings, failed, skipped } = counts;
      output.write(`\n${passed} passed, ${warnings} to look at, ${failed} failed, ${skipped} not checked.\n`);
      return failed === 0 && skipped === 0;
    },
  };
}
