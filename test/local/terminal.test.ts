import { PassThrough } from 'node:stream';
import type { Hop } from '../../tools/local/timeline/hop.ts';
import { createHopPrinter, hopLines, type Terminal } from '../../tools/local/timeline/hop-line.ts';
import { paragraph } from '../../tools/terminal/paragraph.ts';
import { shellQuote } from '../../tools/terminal/shell.ts';

const INCIDENT = '01FDAG4SAP5TYPT98WGR2N7W91';
const LONG_EMAIL = 'maximilienne-alexandra.de-la-rochefoucauld@example.com';

describe('a hop on a terminal', () => {
  it('is one line where nothing is known of a width', () => {
    expect(hopLines(hop({ text: 'a '.repeat(200) }))).not.toContain('\n');
  });

  it.each([60, 80, 100])('wraps at %d columns, between words, with an indent', (columns) => {
    const text = `Published the update of incident ${INCIDENT}: status learning, leads 1, and so on and so forth.`;
    const lines = hopLines(hop({ text }), terminal(columns)).split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    const indents = lines.slice(1).map((line) => line.length - line.trimStart().length);
    expect(new Set(indents).size).toBe(1);
    const words = lines.map((line) => line.trim()).join(' ');
    expect(words.slice(words.indexOf('✓'))).toBe(`✓ ${text}`);
  });

  it.each([
    ['ada@example.com', 120, 1],
    ['ada@example.com', 80, 2],
    [LONG_EMAIL, 80, 3],
    [LONG_EMAIL, 40, 3],
  ])('names %s and the incident in one piece each at %d columns', (email, columns, count) => {
    const text = `${email} is now incident lead for incident id: ${INCIDENT}`;
    const lines = hopLines(hop({ name: 'decided', state: 'alert', text }), terminal(columns)).split('\n');
    expect(lines).toHaveLength(count);
    const found = (part: string) => lines.filter((line) => line.includes(part)).length;
    expect(found(`${email} is now incident lead`)).toBe(1);
    expect(found(`for incident id: ${INCIDENT}`)).toBe(1);
    if (columns >= 80) for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  });

  it('has no time where none is known', () => {
    expect(hopLines(hop({ name: 'verified', untimed: true, text: 'x' }))).toBe(`${' '.repeat(16)}verified   ✓ x`);
  });

  it('comes under the name of its event, with a blank line before the next event', () => {
    const printed: string[] = [];
    const print = createHopPrinter((lines) => printed.push(...lines.split('\n')), terminal(80));
    for (const event of ['msg_1', 'msg_1', 'msg_2', 'msg_1']) print(hop({ event, incidentId: '01I' }));
    const line = hopLines(hop({}));
    const heads = ['msg_1', 'msg_2'].map((event) => `${event}  incident 01I`);
    expect(printed).toEqual(['', heads[0], line, line, '', heads[1], line, '', heads[0], line]);
  });
});

it('wraps a sentence, and no command', () => {
  const command = `npm run redrive -- ${'x'.repeat(60)} and more`;
  expect(paragraph(`One two three four five six\n${command}`, '  ', { columns: 22 })).toBe(
    `  One two three four\n  five six\n    ${command}`,
  );
});

it.each([
  ['plain-1.2/3@x', 'plain-1.2/3@x'],
  ["it's $HOME", "'it'\\''s $HOME'"],
  ['', "''"],
])('quotes %j for a shell', (text, quoted) => {
  expect(shellQuote(text)).toBe(quoted);
});

function terminal(columns: number): Terminal {
  return Object.assign(new PassThrough(), { columns });
}

function hop(own: Partial<Hop>): Hop {
  return {
    at: '2026-11-23T20:13:46.457Z',
    event: 'msg_1',
    name: 'published',
    state: 'done',
    text: '',
    ...own,
  };
}
