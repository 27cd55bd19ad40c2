/**
 * Text of others, made safe to print on one line: control and format characters, line breaks and what turns the reading
 * direction are shown as escapes such as `\u{1b}`.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
