/** Prints the paths that a command made, or in one line why it failed. */
export async function printPaths(command: string, made: Promise<readonly string[]>): Promise<void> {
  try {
    for (const path of await made) console.log(path);
  } catch (error) {
    console.error(`${command}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
