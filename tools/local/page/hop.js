import { element } from './elements.js';

const STATES = {
  done: ['✓', 'done'],
  skipped: ['–', 'not for this subscriber'],
  ended: ['•', 'ended as it should'],
  warning: ['!', 'warning'],
  stopped: ['✗', 'stopped'],
  alert: ['▶', 'attention'],
};

/** The sign of a state, which screen readers get as words. */
export function mark(state) {
  const [sign, words] = STATES[state];
  const shown = element('span', 'mark', sign);
  shown.ariaHidden = 'true';
  return [shown, element('span', 'hidden', `${words}: `)];
}

/** The local time of day. */
export function clock(at) {
  const time = element('time', 'time', new Date(at).toTimeString().slice(0, 8) + at.slice(19, 23));
  time.dateTime = at;
  return time;
}

/** One hop as a list item. */
export function hopItem({ at, untimed, name, state, text, why }) {
  const [sign, words] = mark(state);
  const item = element(
    'li',
    `${state} ${name}`,
    untimed ? element('span', 'time') : clock(at),
    element('span', 'hop', name),
  );
  item.append(element('span', 'what', sign, ' ', words, text));
  // Commands stand on lines of their own.
  const [sentence, ...commands] = why?.split('\n') ?? [];
  if (sentence) item.append(element('span', 'why', sentence, ...commands.map((line) => element('code', '', line))));
  return item;
}
