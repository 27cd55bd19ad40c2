import { styleText } from 'node:util';
import type { Hop, State } from './hop.ts';

type Format = Parameters<typeof styleText>[0];

/** Where lines are written to; decides on colours, as does NO_COLOR. */
export type Terminal = NodeJS.WriteStream;

const MARKS: Record<State, { readonly mark: string; readonly style: Format }> = {
  done: { mark: '✓', style: ['green'] },
  ended: { mark: '•', style: ['cyan'] },
  warning: { mark: '!', style: ['yellow'] },
  stopped: { mark: '✗', style: ['red'] },
  alert: { mark: '▶', style: ['bold', 'black', 'bgYellow'] },
};
/** Enough of a webhook id to tell it from the others on the screen. */
const ID_LENGTH = 14;
const NAME_LENGTH = 'published'.length;

/** One hop as one aligned line, such as `20:14:03.120  msg_4e9109a267  published  ✓ ...`. */
export function hopLine({ at, webhookId, name, state, text }: Hop, terminal: Terminal = process.stdout): string {
  const style = (format: Format, part: string): string => styleText(format, part, { stream: terminal });
  const { mark, style: colour } = MARKS[state];
  const time = new Date(at).toTimeString().slice(0, 8) + at.slice(19, 23);
  const id = (webhookId ?? '').slice(0, ID_LENGTH).padEnd(ID_LENGTH);
  const loud = state === 'alert' || state === 'stopped' || state === 'warning';
  const rest = `${mark} ${text}`;
  return `${style('dim', `${time}  ${id}`)}  ${name.padEnd(NAME_LENGTH)}  ${loud ? style(colour, rest) : style(colour, mark) + rest.slice(mark.length)}`;
}
