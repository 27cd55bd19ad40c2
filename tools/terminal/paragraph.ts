import { wrap } from './wrap.ts';

/**
 * A sentence for the terminal, wrapped at its width. Lines after the first are commands: they stay in one piece.
 * @param indent before each line.
 */
export function paragraph(text: string, indent = '', { columns }: { columns?: number } = process.stdout): string {
  const [sentence = '', ...commands] = text.split('\n');
  const width = columns === undefined ? undefined : Math.max(20, columns - indent.length);
  return [...wrap(sentence, width), ...commands.map((command) => `  ${command}`)]
    .map((line) => `${indent}${line}`)
    .join('\n');
}
