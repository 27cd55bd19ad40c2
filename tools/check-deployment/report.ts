/** What a check that passed says. */
export interface Passed<T = undefined> {
  readonly says: string;
  /** Where somebody should look although the deployment is right. */
  readonly warning?: string | undefined;
  /** For the checks after it. */
  readonly value?: T;
}

/** Thrown by a check: what is wrong, and what to do. */
export class CheckFailed extends Error {
  readonly todo: string;

  constructor(message: string, todo: string) {
    super(message);
    this.todo = todo;
  }
}

/**
 * For a check to state what must hold, what is wrong where it does not, and what to do then.
 * @throws CheckFailed
 */
export function ensure(right: unknown, wrong: string, todo: string): asserts right {
  if (!right) throw new CheckFailed(wrong, todo);
}

const MARKS = { passed: '✓', warnings: '!', failed: '✗', skipped: '-' } as const;
const NAME_WIDTH = 16;

/** Prints each check as it ends, on a terminal the one that is running too, and counts. */
export class Report {
  readonly #counts = { passed: 0, warnings: 0, failed: 0, skipped: 0 };

  /**
   * @param check what to run, or why it cannot run, where an earlier one failed.
   * @returns its value; undefined where it failed or did not run.
   */
  async run<T>(name: string, check: (() => Promise<Passed<T>>) | string): Promise<T | undefined> {
    if (typeof check === 'string') return this.#end('skipped', name, `not checked: ${check}`);
    if (process.stdout.isTTY) process.stdout.write(`… ${name}`);
    try {
      const { says, warning, value } = await check();
      this.#end(warning ? 'warnings' : 'passed', name, says, warning);
      return value;
    } catch (error) {
      if (error instanceof CheckFailed) return this.#end('failed', name, error.message, error.todo);
      if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
      throw error;
    }
  }

  #end(result: keyof typeof MARKS, name: string, text: string, todo?: string): undefined {
    this.#counts[result] += 1;
    console.log(`${process.stdout.isTTY ? '\r\x1b[K' : ''}${MARKS[result]} ${name.padEnd(NAME_WIDTH)} ${text}`);
    if (todo) console.log(`${' '.repeat(NAME_WIDTH + 3)}${todo}`);
  }

  /** Prints the sums; true where nothing failed or was left out. */
  end(): boolean {
    const { passed, warnings, failed, skipped } = this.#counts;
    console.log(`\n${passed} passed, ${warnings} to look at, ${failed} failed, ${skipped} not checked.`);
    return failed + skipped === 0;
  }
}
