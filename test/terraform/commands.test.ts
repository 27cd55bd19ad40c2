import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';

interface Command {
  readonly commands: Readonly<Record<string, Command>>;
  readonly flags: Readonly<Record<string, unknown>>;
}

const ROOT = join(import.meta.dirname, '..', '..');
const TERRAFORM = join(ROOT, 'terraform');

const texts = ['.', 'runbooks', 'bootstrap'].flatMap((folder) =>
  readdirSync(join(TERRAFORM, folder))
    .filter((file) => /\.(?:md|tf)$/.test(file))
    .map((file) => [join(folder, file), readFileSync(join(TERRAFORM, folder, file), 'utf8')] as const),
);
const documents = new Map(texts.filter(([file]) => file.endsWith('.md')));
const tree = gcloudTree();

/** Code of a page: its indented lines and its code spans; of Terraform: all of it. */
function codeOf([file, text]: readonly [string, string]): readonly string[] {
  return file.endsWith('.md') ? (text.match(/^ {4,}\S.*$|`[^`]+`/gm) ?? []) : [text];
}

/** `gcloud ...` up to the end of the line, of the code span, or of the command in a pipe; quoted parts left out. */
const commands = [
  ...new Set(
    texts
      .flatMap(codeOf)
      .flatMap((code) => code.match(/(?<=\bgcloud )(?:[a-z][a-z-]* )+(?:[^`\n|;)"']|"[^"\n]*"|'[^'\n]*')*/g) ?? [])
      .map((words) => words.replaceAll(/'[^']*'|"[^"]*"/g, "''").replace(/\W+$/, '')),
  ),
];

describe('the gcloud commands of guide, runbooks and outputs', () => {
  it('were found', () => {
    expect(commands.length).toBeGreaterThan(25);
  });

  const check = tree === undefined ? it.skip : it;
  check.each(commands)('gcloud %s', (command) => {
    const words = command.split(/\s+/);
    let at = tree as Command;
    while (words[0] !== undefined && at.commands[words[0]]) at = at.commands[words.shift() ?? ''] as Command;
    expect([command, Object.keys(at.commands)]).toEqual([command, []]);
    const known = new Set([...Object.keys(at.flags), ...Object.keys((tree as Command).flags)]);
    for (const [flag] of command.matchAll(/(?<=\s)--[a-z-]+/g)) expect(known).toContain(flag.replace(/^--no-/, '--'));
  });
});

describe('the guide', () => {
  const guide = documents.get('README.md') ?? '';
  const steps = guide.match(/^\d+\. \*\*.+?\*\*/gm) ?? [];

  it('numbers its steps one after the other, each with what one sees, how long it takes and what to do if not', () => {
    expect(steps.map((step) => Number.parseInt(step, 10))).toEqual(steps.map((_, at) => at + 1));
    const parts = guide.split(/^\d+\. \*\*/m).slice(1);
    for (const part of parts) expect(part).toMatch(/\*You see\*.+\*Takes\*.+\*If not:\*/s);
  });

  it('has each step that others send a reader to', () => {
    const places = [
      '.github/workflows/deliver.yml',
      'terraform/bootstrap/services.tf',
      'terraform/bootstrap/versions.tf',
    ];
    const others = [...places.map((file) => readFileSync(join(ROOT, file), 'utf8')), ...[...documents.values()]].join(
      '\n',
    );
    const named = [...others.matchAll(/README\.md\)?, step (\d+)/g)].map(([, step]) => Number(step));
    expect(named.length).toBeGreaterThan(4);
    for (const step of named) expect(steps[step - 1]).toBeDefined();
  });

  it('has each headline that others send a reader to', () => {
    const all = [...documents.values(), ...texts.map(([, text]) => text)].join('\n');
    const headlines = new Set([...documents.values()].flatMap((text) => text.match(/(?<=^#+ ).+/gm) ?? []));
    const named = [...all.matchAll(/(?:operations|cost)\.md\)?, \\?"([^"\\]+)\\?"/g)].map(([, headline]) => headline);
    expect(named.length).toBeGreaterThan(3);
    for (const headline of named) expect(headlines).toContain(headline);
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const named = [...documents.values()].flatMap((text) => text.match(/(?<=npm run )[\w-]+/g) ?? []);
    for (const script of named) expect(Object.keys(scripts)).toContain(script);
  });
});

/**
 * Every command of the installed gcloud with its flags, as its shell completion knows them;
 * undefined where it is not installed.
 */
function gcloudTree(): Command | undefined {
  const folder = (process.env['PATH'] ?? '').split(delimiter).find((path) => existsSync(join(path, 'gcloud')));
  if (folder === undefined) return undefined;
  const file = join(realpathSync(join(folder, 'gcloud')), '..', '..', 'data', 'cli', 'gcloud_completions.py');
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  return JSON.parse(
    text.slice(text.indexOf('STATIC_COMPLETION_CLI_TREE = ') + 'STATIC_COMPLETION_CLI_TREE = '.length),
  ) as Command;
}
