/** Lets a reader such as `head` close the pipe early: the command does its work and keeps its exit code. */
export function tolerateClosedPipe(output: NodeJS.WriteStream = process.stdout): void {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
