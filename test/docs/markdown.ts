/** The cells of the table whose header begins with these titles, a row each, without the header. */
export function table(markdown: string, ...titles: readonly string[]): string[][] {
  const rows = markdown.split('\n').map((line) => (line.startsWith('|') ? cells(line) : undefined));
  const header = rows.findIndex((row) => titles.every((title, column) => row?.[column] === title));
  if (header === -1) throw new Error(`no table begins with ${titles.join(' | ')}`);
  const body = rows.slice(header + 2);
  const end = body.indexOf(undefined);
  return body.slice(0, end === -1 ? undefined : end).filter((row) => row !== undefined);
}

/** The contents of the fenced blocks in this language. */
export function blocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, text]) => text ?? '',
  );
}

/** Text between backticks, the first such in a cell; the cell itself where it has none. */
export function code(cell: string | undefined): string {
  return /`([^`]+)`/.exec(cell ?? '')?.[1] ?? cell ?? '';
}

function cells(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
