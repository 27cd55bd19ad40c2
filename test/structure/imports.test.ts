import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const FILES = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.js', '*.cjs'], { cwd: ROOT })
  .toString()
  .trim()
  .split('\n');

/** The files of the repository that a file imports, types included. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const named = [...source.matchAll(/(?:from|import|import\()\s*'(\.[^']+)'/g)].map(([, path = '']) => path);
  return named.map((path) => normalize(join(dirname(file), path))).filter((path) => FILES.includes(path));
}

const IMPORTS = new Map(FILES.map((file) => [file, importsOf(file)]));

/** A circle of imports that begins with this file, if there is one. */
function circleFrom(file: string, path: readonly string[], done: Set<string>): readonly string[] | undefined {
  if (path.includes(file)) return path.slice(path.indexOf(file));
  if (done.has(file)) return undefined;
  for (const imported of IMPORTS.get(file) ?? []) {
    const circle = circleFrom(imported, [...path, file], done);
    if (circle !== undefined) return circle;
  }
  done.add(file);
  return undefined;
}

it('sees imports', () => {
  expect(IMPORTS.get('functions/incident-webhook/index.ts')).toContain('functions/incident-webhook/app.ts');
  expect([...IMPORTS.values()].flat().length).toBeGreaterThan(500);
});

it('has nothing outside test/ that imports from test/', () => {
  const wrong = FILES.filter((file) => !file.startsWith('test/')).flatMap((file) =>
    importsOf(file)
      .filter((imported) => imported.startsWith('test/'))
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(wrong).toEqual([]);
});

it('has functions that import nothing of tools/, nor of each other', () => {
  const wrong = FILES.filter((file) => /^(functions|shared)\//.test(file)).flatMap((file) => {
    const [own] = /^functions\/[^/]+\//.exec(file) ?? ['shared/'];
    return importsOf(file)
      .filter((imported) => !imported.startsWith(own) && !imported.startsWith('shared/'))
      .map((imported) => `${file} imports ${imported}`);
  });
  expect(wrong).toEqual([]);
});

it('has no circle of imports, not even of types', () => {
  const done = new Set<string>();
  const circles = FILES.flatMap((file) => circleFrom(file, [], done)?.toSorted().join(', ') ?? []);
  expect([...new Set(circles)]).toEqual([]);
});

it('has no file over 200 lines', () => {
  const long = FILES.filter((file) => readFileSync(join(ROOT, file), 'utf8').trimEnd().split('\n').length > 200);
  expect(long).toEqual([]);
});

it('has a map that names each folder of tools/, each function, and each file of theirs', () => {
  const map = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const folders = readdirSync(join(ROOT, 'tools'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => `\`tools/${name}/\``).filter((name) => !map.includes(name))).toEqual([]);
  const files = FILES.filter((file) => /^functions\/.+\.ts$/.test(file));
  const unnamed = files.filter((file) => !/(\.validator|secret-store)\.ts$/.test(file) && !map.includes(`\`${file}\``));
  expect(unnamed).toEqual([]);
});
