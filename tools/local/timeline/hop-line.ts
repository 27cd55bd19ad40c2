import { styleText } from 'node:util';
import { wrap } from '../../terminal/paragraph.ts';
import { type Hop, NOTICES, type State } from './hop.ts';

type Format = Parameters<typeof styleText>[0];

/**
 * Where lines are written to: its width, and with NO_COLOR whether there are colours. Without
 * columns nothing wraps.
 */
export type Terminal = NodeJS.WritableStream & { readonly columns?: number };

const MARKS: Record<State, { readonly mark: string; readonly style: Format }> = {
  done: { mark: '✓', style: ['green'] },
  skipped: { mark: '–', style: ['dim'] },
  ended: { mark: '•', style: ['cyan'] },
  warning: { mark: '!', style: ['yellow'] },
  stopped: { mark: '✗', style: ['red'] },
  alert: { mark: '▶', style: ['bold', 'black', 'bgYellow'] },
};
const TIME_LENGTH = '20:14:03.120'.length;
const NAME_LENGTH = 'published'.length;
/** Where a hop's text begins: `  20:14:03.120  published  ✓ `. */
const TEXT_COLUMN = 2 + TIME_LENGTH + 2 + NAME_LENGTH + 2 + 2;
/** Where it goes on where that leaves too little room. */
const NARROW_COLUMN = 4;
const LEAST_ROOM = 40;

/**
 * Writes hops as they come: a heading for each event, then a line for each hop, a blank line before the next event.
 * @param write called with one or more lines, without the line feed at their end.
 */
export function createHopPrinter(
  write: (lines: string) => void,
  terminal: Terminal = process.stdout,
): (hop: Hop) => void {
  let latest: string | undefined;
  return (hop) => {
    if (hop.event !== latest) write(`\n${heading(hop, terminal)}`);
    latest = hop.event;
    write(hopLines(hop, terminal));
  };
}

/** The name of an event, in full so that it can be copied, and its incident. */
function heading({ event, incidentId }: Hop, terminal: Terminal): string {
  const incident = incidentId === undefined ? '' : `  incident ${incidentId}`;
  return styleText('bold', event, { stream: terminal }) + (event === NOTICES ? '' : incident);
}

/**
 * One hop as one aligned line, such as `  20:14:03.120  published  ✓ ...`, or several where the
 * terminal is narrower.
 */
export function hopLines({ at, untimed, name, state, text }: Hop, terminal: Terminal = process.stdout): string {
  const style = (format: Format, part: string): string => styleText(format, part, { stream: terminal });
  const { mark, style: colour } = MARKS[state];
  const loud = state === 'alert' || state === 'stopped' || state === 'warning';
  const { columns = Infinity } = terminal;
  const room = columns - TEXT_COLUMN;
  // Who and which incident are read, searched and copied as a whole.
  const whole = text.length <= room ? [text] : text.split(/ (?=for incident id: )/);
  const narrow = state === 'alert' ? whole.some(({ length }) => length > room) : room < LEAST_ROOM;
  const column = narrow ? NARROW_COLUMN : TEXT_COLUMN;
  const lines = state === 'alert' ? whole : wrap(text, Math.max(1, columns - column));
  const [first = '', ...rest] = lines.map((line) => (loud ? style(colour, line) : line));
  const start = `  ${style('dim', (untimed ? '' : clock(at)).padEnd(TIME_LENGTH))}  ${name.padEnd(NAME_LENGTH)}  ${style(colour, mark)}`;
  const indent = `\n${' '.repeat(column)}`;
  return [`${start}${narrow ? indent : ' '}${first}`, ...rest].join(indent);
}

/** The local time of day, to the millisecond. */
function clock(at: string): string {
  return new Date(at).toTimeString().slice(0, 8) + at.slice(19, 23);
}
