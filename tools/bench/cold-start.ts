import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Running, type Subject, start } from './process.ts';
import { type Bar, inTurn, medians, pairedRatios, type Section, spread, table, verdict, withRange } from './report.ts';
import { BARE, LEAD, NO_OP, type System, WEBHOOK, WEBHOOK_STORED } from './system.ts';

type Start = Running['started'];
type StartFigure = ReturnType<typeof summarize>;

const BARS: Readonly<Record<string, Bar>> = {
  [WEBHOOK]: { kind: 'at most', value: 2 },
  [WEBHOOK_STORED]: { kind: 'at most', value: 2 },
  [LEAD]: { kind: 'at most', value: 1.5 },
};
const [DEPLOYED, NO_CACHE] = ['as deployed', 'no code cache'];
/** What may have become of the code cache of a deployed folder. */
const KINDS: Readonly<Record<string, (cache: string) => void>> = {
  [DEPLOYED]: () => {},
  [NO_CACHE]: (cache) => rmSync(cache),
  "another Node.js's cache": (cache) => writeFileSync(cache, readFileSync(cache).fill(0, 0, 1)),
};

/**
 * Starts all subjects in turn, `rounds` times.
 * @returns how the starts of a subject went
 */
export async function coldStarts(subjects: readonly Subject[], rounds: number) {
  const startsOf = await inTurn('starts', subjects, rounds + 1, async (subject) => {
    await using running = await start(subject);
    return running.started;
  });
  // The first one of each brought its files into the page cache.
  return (subject: Subject): readonly Start[] => startsOf(subject).slice(1);
}

/** Every function as it is deployed, without its code cache, and with one that another Node.js made. */
export async function measureColdStarts(system: System, rounds: number): Promise<Section> {
  const { noOp, bare, webhook, webhookStored, lead, scratch } = system;
  const variants = Object.entries(KINDS).flatMap(([kind, change]) =>
    [webhook, webhookStored, lead].map((subject) => {
      const source = mkdtempSync(join(scratch, 'variant-'));
      cpSync(subject.source, source, { recursive: true });
      change(join(source, 'bundle.cache'));
      return { ...subject, name: key(subject.name, kind), source };
    }),
  );
  const subjects = [noOp, bare, ...variants];
  const startsOf = await coldStarts(subjects, rounds);
  const figures = subjects.map((subject) => summarize(subject.name, startsOf(subject), startsOf(noOp)));
  return describeColdStarts(figures, rounds);
}

/** Median in milliseconds, and ratios to the empty function: on the clock, and of the least CPU times. */
function summarize(name: string, starts: readonly Start[], references: readonly Start[]) {
  const leastCpuMs = (of: readonly Start[]) => Math.min(...of.map(({ cpuMs }) => cpuMs));
  const ratio = pairedRatios(starts, references, 'wallMs');
  return { name, ms: medians(starts).wallMs, ratio, cpuRatio: leastCpuMs(starts) / leastCpuMs(references) };
}

/** @param rounds how many starts of each the figures are of */
export function describeColdStarts(figures: readonly StartFigure[], rounds: number): Section {
  const byName = Object.fromEntries(figures.map((figure) => [figure.name, figure]));
  const ratioOf = (name: string) => byName[name]?.ratio ?? spread([]);
  const kinds = Object.keys(KINDS);
  const rows = Object.entries(BARS).map(([name, bar]) => [
    name,
    ...kinds.map((kind) => cell(byName[key(name, kind)])),
    verdict(ratioOf(key(name, DEPLOYED)).median, bar),
  ]);
  const reference = byName[NO_OP]?.ms.toFixed(0);
  const text = [
    table(['start to the first 204', ...kinds, 'bar'], rows),
    `Ratio to the empty function (${reference} ms): median of ${rounds} pairs on the clock (range), the median itself, and the ratio of the least CPU times. ${BARE}: ${withRange(ratioOf(BARE))}.`,
  ];
  const points = Object.entries(BARS).flatMap(([subject, bar]) =>
    [DEPLOYED, NO_CACHE].map((place) => {
      const value = ratioOf(key(subject, place)).median;
      return { subject, place, value, bar: place === DEPLOYED ? bar : undefined };
    }),
  );
  const subtitle = `empty function: ${reference} ms; lower is better`;
  return { text: text.join('\n\n'), figures, panels: [{ title: 'Start to the first answer', subtitle, points }] };
}

function cell(figure: StartFigure | undefined): string {
  if (figure === undefined) return '';
  return `${withRange(figure.ratio)}; ${figure.ms.toFixed(0)} ms; CPU ${figure.cpuRatio.toFixed(2)}`;
}

function key(name: string, kind: string): string {
  return `${name}, ${kind}`;
}
