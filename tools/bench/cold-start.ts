import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Backends } from './backends.ts';
import { type Bar, type Section, table, verdict, withRange } from './report.ts';
import { pairedRatios, spread } from './statistics.ts';
import { functions, LEAD, NO_OP, references, type Subject, start, WEBHOOK, WEBHOOK_STORED } from './subjects.ts';

/** How each start of a subject went, in milliseconds. */
export interface Starts {
  readonly wallMs: number[];
  readonly cpuMs: number[];
}

const BARS: Readonly<Record<string, Bar>> = {
  [WEBHOOK]: { kind: 'at most', at: 2 },
  [WEBHOOK_STORED]: { kind: 'at most', at: 2 },
  [LEAD]: { kind: 'at most', at: 1.5 },
};

/** What may have become of the code cache of a deployed folder. */
const KINDS: Readonly<Record<string, (cache: string) => void>> = {
  'as deployed': () => {},
  'no code cache': (cache) => rmSync(cache),
  "another Node.js's cache": (cache) => writeFileSync(cache, readFileSync(cache).fill(0, 0, 1)),
};

/**
 * Starts all subjects in turn, `rounds` times.
 * @returns by name, how long each took to its first 204
 */
export async function coldStarts(
  subjects: readonly Subject[],
  rounds: number,
  onRound: (round: number) => void,
): Promise<Map<string, Starts>> {
  const starts = new Map<string, Starts>(subjects.map(({ name }) => [name, { wallMs: [], cpuMs: [] }]));
  // One round unmeasured, so that every file is in the page cache.
  for (let round = 0; round <= rounds; round++) {
    onRound(round);
    for (const subject of subjects) {
      const running = await start(subject);
      await running.stop();
      if (round === 0) continue;
      starts.get(subject.name)?.wallMs.push(running.start.wallMs);
      starts.get(subject.name)?.cpuMs.push(running.start.cpuMs);
    }
  }
  return starts;
}

/** Every function as it is deployed, without its code cache, and with one that another Node.js made. */
export async function measureColdStarts(
  scratch: string,
  deployed: readonly string[],
  backends: Backends,
  rounds: number,
  say: (text: string) => void,
): Promise<Section> {
  const variants = Object.entries(KINDS).flatMap(([kind, change], index) => {
    const folders = deployed.map((folder) => copyWith(change, folder, join(scratch, String(index))));
    return functions(folders, backends).map((subject) => ({ ...subject, name: key(subject.name, kind) }));
  });
  const all = [...references(scratch, backends), ...variants];
  const starts = await coldStarts(all, rounds, (round) => say(`cold start: round ${round} of ${rounds}`));
  const reference = starts.get(NO_OP) ?? { wallMs: [], cpuMs: [] };
  const figures = [...starts].map(([name, { wallMs, cpuMs }]) => ({
    name,
    ms: spread(wallMs).median,
    ratio: pairedRatios(wallMs, reference.wallMs),
    cpuRatio: Math.min(...cpuMs) / Math.min(...reference.cpuMs),
  }));
  const find = (name: string) => figures.find((figure) => figure.name === name);
  const cell = (name: string): string => {
    const figure = find(name);
    return figure ? `${withRange(figure.ratio)}; ${figure.ms.toFixed(0)} ms; CPU ${figure.cpuRatio.toFixed(2)}` : '';
  };
  const rows = Object.entries(BARS).map(([name, bar]) => [
    name,
    ...Object.keys(KINDS).map((kind) => cell(key(name, kind))),
    verdict(find(key(name, 'as deployed'))?.ratio.median ?? Number.NaN, bar),
  ]);
  const bare = figures.filter(({ name }) => all.slice(1, 2).some((subject) => subject.name === name));
  const text = [
    table(['start to the first 204', ...Object.keys(KINDS), 'bar'], rows),
    `Ratio to the empty function (${find(NO_OP)?.ms.toFixed(0)} ms): median of ${rounds} pairs on the clock (range), the median itself, and the ratio of the least CPU times. ${bare.map(({ name, ratio }) => `${name}: ${withRange(ratio)}.`)}`,
  ];
  return {
    text: text.join('\n\n'),
    figures,
    panels: [
      {
        title: 'Start to the first answer',
        subtitle: `empty function: ${find(NO_OP)?.ms.toFixed(0)} ms; lower is better`,
        points: Object.keys(BARS).flatMap((subject) =>
          ['as deployed', 'no code cache'].map((at) => ({
            subject,
            at,
            value: find(key(subject, at))?.ratio.median ?? 0,
          })),
        ),
        bars: Object.entries(BARS).map(([subject, { at: value }]) => ({ subject, at: 'as deployed', value })),
      },
    ],
  };
}

function key(name: string, kind: string): string {
  return `${name}, ${kind}`;
}

function copyWith(change: (cache: string) => void, folder: string, into: string): string {
  const copy = join(into, basename(folder));
  cpSync(folder, copy, { recursive: true });
  change(join(copy, 'bundle.cache'));
  return copy;
}
