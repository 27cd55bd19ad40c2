/**
 * Lets a reader such as `head` close the pipe early: the command does its work and keeps its exit code.
 * @param onClosed told when that is noticed.
 */
export function tolerateClosedPipe(output: NodeJS.WriteStream = process.stdout, onClosed: () => void = () => {}): void {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    onClosed();
  });
}
