/** Breaks a text into lines of at most `width` characters, at blanks; only a word that is longer is cut. */
export function wrap(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const lines = text.match(new RegExp(`.{1,${width}}(?: |$)|.{${width}}`, 'gsu')) ?? [];
  return lines.map((line) => line.trimEnd());
}

/**
 * A sentence for the terminal, wrapped at its width. Lines after the first are commands: they stay in one piece.
 * @param indent before each line.
 */
export function paragraph(
  text: string,
  indent = '',
  { columns = Infinity }: { readonly columns?: number } = process.stdout,
): string {
  const [sentence = '', ...commands] = text.split('\n');
  return [...wrap(sentence, Math.max(20, columns - indent.length)), ...commands.map((command) => `  ${command}`)]
    .map((line) => `${indent}${line}`)
    .join('\n');
}
