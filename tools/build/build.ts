import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleFunction } from './bundle-function.ts';
import { deployableLock, lockFileFor } from './deployable-lock.ts';
import { deployablePackage } from './deployable-package.ts';
import { replaceFolder } from './replace-folder.ts';
import { unmatched } from './substitution-plugin.ts';
import { SUBSTITUTIONS, type Substitution } from './substitutions.ts';
import { compileValidators } from './validators.ts';

/** The deployables: a folder below `functions/` each, and the folder below `dist/` it becomes. */
const FUNCTIONS = ['incident-webhook', 'incident-lead'] as const;

/** What to build; everything has a default. */
export interface BuildOptions {
  /** The repository's folder; default: the one this file is in. */
  readonly root?: string;
  /** Where the folders go; default: `dist` below `root`. */
  readonly out?: string;
  /** What the bundles do not take from the dependencies as it is; default: the table of `substitutions.ts`. */
  readonly substitutions?: readonly Substitution[];
}

/**
 * Bundles the functions into self-contained folders. The same sources give the same bytes, and a folder whose content
 * would not change is left alone.
 *
 * @returns the absolute path of each folder: of incident-webhook, then of incident-lead
 * @throws Error that says what to change; no folder is touched then
 */
export async function build(options: BuildOptions = {}): Promise<string[]> {
  // Real, as esbuild makes the paths of sources: the source map has them relative to it.
  const root = realpathSync(options.root ?? join(import.meta.dirname, '..', '..'));
  const out = resolve(options.out ?? join(root, 'dist'));
  const substitutions = options.substitutions ?? SUBSTITUTIONS;
  for (const name of FUNCTIONS) {
    const entry = `functions/${name}/index.ts`;
    if (!existsSync(join(root, entry))) throw new Error(`${entry} is missing: there is nothing to build ${name} from`);
  }
  const validators = await compileValidators(root, ['functions', 'shared'], 'shared/ajv.ts');
  const [lock, ...bundled] = await Promise.all([
    deployableLock(root, deployablePackage(root, FUNCTIONS[0])),
    ...FUNCTIONS.map((name) => bundleFunction(root, name, validators, substitutions)),
  ]);
  const idle = unmatched(
    substitutions,
    bundled.flatMap(({ inputs }) => inputs),
  );
  if (idle.length > 0) {
    const files = idle.map(({ file }) => file).join(', ');
    throw new Error(`substitutions.ts names files that are in no bundle; correct or remove their rows: ${files}`);
  }
  return bundled.map(({ name, content }) => {
    const folder = join(out, name);
    replaceFolder(folder, new Map([...content, ['package-lock.json', lockFileFor(name, lock)]]));
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
