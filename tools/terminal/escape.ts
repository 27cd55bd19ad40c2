/** Control characters (C0, DEL, C1), line and paragraph separators, and what turns the direction of text. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * A text from outside as a terminal may show it: one line, in which no character moves the cursor, sets colours or
 * reorders what others see. Escapes are those of JSON.
 */
export function escapeControls(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    if (escaped !== character) return escaped;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
