import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const skipped = new Set(['node_modules', '.git', 'dist', '.local', '.terraform']);
const files = globSync('**/*', { cwd: ROOT, exclude: (path) => skipped.has(basename(path)) });
const documents = files.filter((file) => file.endsWith('.md')).sort();
/** Made by commands, so that a fresh clone lacks them. */
const GENERATED = /^(?:dist|node_modules|\.local|\.terraform)\/|^terraform\.tfvars$|^\.terraform\.lock\.hcl$|\.tfplan$/;

const COMMANDS =
  /\bnpm (?:run )?(?:--?[a-z]+ )?(start|send|story|redrive|check-deployment|no-loss|bench)(?: --silent)? -- ([^`\n|]*)/g;
const helps = new Map<string, string>();

/** What a command says of itself. */
function helpOf(name: string): string {
  const [, script = ''] = (packageJson.scripts as Record<string, string>)[name]?.split(' ') ?? [];
  const help = helps.get(name) ?? execFileSync(process.execPath, [join(ROOT, script), '--help'], { encoding: 'utf8' });
  helps.set(name, help);
  return help;
}

it('are the ones that this test means', () => {
  expect(documents).toEqual(
    expect.arrayContaining(['CHANGELOG.md', 'CONTRIBUTING.md', 'docs/decisions.md', 'docs/events.md']),
  );
});

describe.each(documents)('%s', (document) => {
  const text = read(document);

  it('names npm commands that exist', () => {
    const commands = [...text.matchAll(/\bnpm (?:run (?:-s )?([a-z][a-z:-]*)|(start|test)\b)/g)];
    const unknown = commands.filter(
      ([, script, builtIn]) => !Object.hasOwn(packageJson.scripts, script ?? builtIn ?? ''),
    );
    expect(unknown.map(([command]) => command)).toEqual([]);
  });

  it('names npm options that exist', () => {
    const used = [...text.matchAll(COMMANDS)];
    const missing = used.flatMap(([, name = '', options = '']) =>
      [...options.matchAll(/(?:^|\s)(--[a-z-]+)/g)]
        .map(([, option = '']) => option)
        .filter((option) => !new RegExp(`${option}\\b`).test(helpOf(name))),
    );
    expect(missing).toEqual([]);
  });

  it('names faults that send knows', () => {
    const faults = [...text.matchAll(/--fault ([a-z-]+)/g)].map(([, fault = '']) => fault);
    expect(faults.filter((fault) => !helpOf('send').includes(`"${fault}"`))).toEqual([]);
  });

  it('links to files and headings that exist', () => {
    const broken = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].filter(([, path = '', anchor]) => {
      const target = path === '' ? document : join(dirname(document), path);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchors(read(target)).includes(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it('names files that exist', () => {
    const named = [...text.matchAll(/`([\w./*-]+\.(?:ts|cjs|js|md|json|ya?ml|sql|tf|hcl|toml)|[\w-][\w./-]*\/)`/g)];
    const missing = named
      .map(([, name = '']) => name)
      .filter((name) => !GENERATED.test(name) && !exists(name, document));
    expect(missing).toEqual([]);
  });
});

/** A path from the root or from the document's folder, or the bare name of any file; `*` as in a shell. */
function exists(name: string, document: string): boolean {
  if (name.includes('*'))
    return [ROOT, join(ROOT, dirname(document))].some((cwd) => globSync(name, { cwd }).length > 0);
  if (existsSync(join(ROOT, name)) || existsSync(join(ROOT, dirname(document), name))) return true;
  return !name.includes('/') && files.some((file) => basename(file) === name);
}

/** The anchors that GitHub makes of headings. */
function anchors(markdown: string): string[] {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
