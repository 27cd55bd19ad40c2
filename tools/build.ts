import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleFunction } from './bundle/bundle-function.ts';
import { replaceFolder } from './bundle/replace-folder.ts';
import { compileValidators } from './bundle/validators.ts';

/** The deployables: a folder below `functions/` each, and the folder below `dist/` it becomes. */
export const FUNCTIONS = ['incident-webhook', 'incident-lead'] as const;

/** What to build; everything has a default. */
export interface BuildOptions {
  /** The repository's folder; default: the one this file is in. */
  readonly root?: string;
  /** Where the folders go; default: `dist` below `root`. */
  readonly out?: string;
  /** Which functions; default: all. */
  readonly functions?: readonly (typeof FUNCTIONS)[number][];
}

/**
 * Bundles the functions into self-contained folders. The same sources give the same bytes, and a folder whose content
 * would not change is left alone.
 *
 * @returns the absolute path of each folder, in the order of `functions`
 * @throws Error that says what to change; no folder is touched then
 */
export async function build(options: BuildOptions = {}): Promise<string[]> {
  const root = resolve(options.root ?? join(import.meta.dirname, '..'));
  const out = resolve(options.out ?? join(root, 'dist'));
  const functions = options.functions ?? FUNCTIONS;
  for (const name of functions) {
    const entry = `functions/${name}/index.ts`;
    if (!existsSync(join(root, entry))) throw new Error(`${entry} is missing: there is nothing to build ${name} from`);
  }
  const validators = await compileValidators(root, ['functions', 'shared'], 'shared/ajv.ts');
  const contents = await Promise.all(functions.map((name) => bundleFunction(root, name, validators)));
  return contents.map((content, index) => {
    const folder = join(out, functions[index] ?? '');
    replaceFolder(folder, content);
    return folder;
  });
}

if (import.meta.main) {
  try {
    for (const folder of await build()) console.log(folder);
  } catch (error) {
    console.error(`build: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
