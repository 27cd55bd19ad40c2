import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MODULE = join(import.meta.dirname, '..', '..', 'terraform');
const read = (folder: string, ending: string): string =>
  readdirSync(join(MODULE, folder))
    .filter((file) => file.endsWith(ending))
    .map((file) => readFileSync(join(MODULE, folder, file), 'utf8'))
    .join('\n');
const code = `${read('.', '.tf')}\n${read('bootstrap', '.tf')}`;
const texts = `${read('.', '.md')}\n${read('runbooks', '.md')}`;
const named = (pattern: RegExp, text: string): string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, name = '']) => name)),
];

// What the one who reads it has to do.
const ADVICE = /\. (?:Ask|Choose|Give|Leave|List|Look|Lower|Name|Put|Raise|Rename|Run|Set|Take|Write) .+\."$/;

describe('the refusals of the Terraform module', () => {
  it.each(named(/error_message = (.+)/g, code))('say what was expected, what came and what to do: %s', (message) => {
    expect(message).toMatch(/expected .+ got /i);
    expect(message).toMatch(ADVICE);
  });
});

describe('the README and runbooks of the Terraform module', () => {
  it('name outputs that exist', () => {
    expect(named(/^output "(\w+)"/gm, code)).toEqual(
      expect.arrayContaining(named(/terraform (?:-chdir=\S+ )?output -raw (\w+)/g, texts)),
    );
  });

  it('set variables that exist in terraform.tfvars', () => {
    const set = named(/^ {7}([a-z_]+) += /gm, texts);
    expect(set.length).toBeGreaterThan(4);
    expect(named(/^variable "(\w+)"/gm, code)).toEqual(expect.arrayContaining(set));
  });

  it('name files that exist', () => {
    const files = [...readdirSync(MODULE), ...readdirSync(join(MODULE, 'bootstrap'))];
    for (const file of named(/`([\w-]+\.(?:tf|yaml))`/g, texts)) expect(files).toContain(file);
  });

  it('link to what exists', () => {
    const links = named(/\]\((?!https?:)([^)#]+)\)/g, texts);
    expect(links).toContain('runbooks');
    for (const link of links) expect([link, existsSync(join(MODULE, link))]).toEqual([link, true]);
  });

  it('have psql stop at an error and undo what it did', () => {
    const runs = named(/(psql .*-f .*)/g, texts);
    expect(runs).not.toEqual([]);
    for (const run of runs) expect(run).toMatch(/-v ON_ERROR_STOP=1 --single-transaction /);
  });
});
