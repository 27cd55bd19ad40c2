import pg from 'pg';

/** The type number of `text[]`, which pg's types do not know. */
const TEXT_ARRAY = 1009 as Parameters<typeof pg.types.getTypeParser>[0];
const parse: (text: string) => unknown = pg.types.getTypeParser(TEXT_ARRAY, 'text');

/**
 * Reads what PostgreSQL writes for a value of type `text[]`.
 * @returns the list; the text itself if it is no such list. pg's parser skips what it does not
 *   understand, so only a round trip shows that.
 */
export function parseTextArray(text: string): readonly (string | null)[] | string {
  const literal = text.replace(/^\[-?[0-9]+:-?[0-9]+\]=/, '');
  try {
    const list = parse(literal);
    return isList(list) && literal === `{${list.map(elementText).join()}}` ? list : text;
  } catch {
    return text;
  }
}

function isList(value: unknown): value is (string | null)[] {
  return Array.isArray(value) && value.every((element) => element === null || typeof element === 'string');
}

/** As `array_out` quotes an element. */
function elementText(element: string | null): string {
  if (element === null) return 'NULL';
  if (!/^(null)?$/i.test(element) && !/["\\{},\t\n\v\f\r ]/.test(element)) return element;
  return `"${element.replaceAll(/["\\]/g, '\\$&')}"`;
}
