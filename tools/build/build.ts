import { cpSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bundleFunction } from './bundle-function.ts';
import { deployableLock, deployablePackage } from './deployable-package.ts';
import { printPaths } from './print-paths.ts';
import { replaceFolder } from './replace-folder.ts';
import { substitutionPlugin } from './substitution-plugin.ts';
import { SUBSTITUTIONS, type Substitution } from './substitutions.ts';
import { validatorPlugin } from './validators.ts';

/** The deployables: a folder below `functions/` each, and the folder below `dist/` it becomes. */
const FUNCTIONS = ['incident-webhook', 'incident-lead'];
/**
 * What every deployable holds as it is. With `.cjs` the framework knows a module's kind without
 * reading packages upwards (see loader.js).
 */
const FIXED = join(import.meta.dirname, 'deployable');

/** What to build; everything has a default. */
export interface BuildOptions {
  /** The repository's folder; default: the one this file is in. */
  readonly root?: string;
  /** Absolute; where the folders go; default: `dist` below `root`. */
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
  const { out = join(root, 'dist'), substitutions = SUBSTITUTIONS } = options;
  const used = new Set<string>();
  const plugins = [await validatorPlugin(root), substitutionPlugin(substitutions, used)];
  const [lockFor, ...deployables] = await Promise.all([
    deployableLock(root),
    ...FUNCTIONS.map(async (name) => ({ name, bundle: await bundleFunction(root, name, plugins) })),
  ]);
  const idle = substitutions.map(({ file }) => file).filter((file) => !used.has(file));
  if (idle.length > 0) {
    throw new Error(
      `substitutions.ts names files that are in no bundle; correct or remove their rows: ${idle.join(', ')}`,
    );
  }
  for (const { name, bundle } of deployables) {
    await replaceFolder(join(out, name), (fresh) => {
      cpSync(FIXED, fresh, { recursive: true });
      for (const { path, contents } of bundle) writeFileSync(join(fresh, basename(path)), contents);
      writeFileSync(join(fresh, 'package.json'), deployablePackage(root, name));
      writeFileSync(join(fresh, 'package-lock.json'), lockFor(name));
    });
  }
  return FUNCTIONS.map((name) => join(out, name));
}

if (import.meta.main) await printPaths('build', build());
