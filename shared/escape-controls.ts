/** C0, DEL and C1, characters that change the text direction, and Unicode line separators. */
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Writes control characters as `\u....`, so that no terminal or viewer interprets them. */
export function escapeControls(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
