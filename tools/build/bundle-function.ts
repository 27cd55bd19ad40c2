import { isAscii } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { CACHE_NAME, compileCache } from './compile-cache.ts';
import { deployableLock } from './deployable-lock.ts';
import { deployablePackage, FRAMEWORK } from './deployable-package.ts';
import { lazyRequirePlugin } from './lazy-requires.ts';
import type { FolderContent } from './replace-folder.ts';
import { substitutionPlugin } from './substitution-plugin.ts';
import { LAZY_PACKAGES, type Substitution } from './substitutions.ts';
import { type CompiledValidators, validatorPlugin } from './validators.ts';

/** The entry's name. With `.cjs` the framework knows the module's kind without reading packages upwards (see loader.js). */
const MAIN = 'index.cjs';
const ENTRY = join(import.meta.dirname, 'entry.cjs');

/** A function, bundled. */
interface BundledFunction {
  readonly content: FolderContent;
  /** The paths of all modules in the bundle, relative to the repository's folder. */
  readonly inputs: readonly string[];
}

/**
 * Bundles one function into the files of its deployable folder: the entry, the bundle that it runs, the bundle's
 * code cache and linked source map, package.json and package-lock.json.
 *
 * @param root the repository's folder, absolute
 * @param name the folder below `functions/` whose `index.ts` is the entry
 * @param validators what to put in the place of validator modules
 * @param substitutions what to put in the place of files of dependencies
 * @throws Error where esbuild reports an error or a warning
 */
export async function bundleFunction(
  root: string,
  name: string,
  validators: CompiledValidators,
  substitutions: readonly Substitution[],
): Promise<BundledFunction> {
  const description = deployablePackage(root, name, MAIN);
  const lock = deployableLock(root, description);
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [join(root, 'functions', name, 'index.ts')],
    outfile: join(root, 'dist', name, 'bundle.js'),
    absWorkingDir: root,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // A function for the entry to call, as Node.js makes one of each CommonJS module.
    banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
    footer: { js: '})' },
    // A script may not import; what is imported later is in the bundle or Node.js itself, and can be required.
    supported: { 'dynamic-import': false },
    external: [FRAMEWORK],
    // So that what packages keep for development stays out.
    define: { 'process.env.NODE_ENV': '"production"' },
    // Names stay: they keep stack traces readable, and cost 3 % of a start.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'error',
    metafile: true,
    plugins: [validatorPlugin(validators), substitutionPlugin(substitutions), lazyRequirePlugin(LAZY_PACKAGES)],
  });
  if (warnings.length > 0) throw new Error(`${name}: ${warnings.map(({ text }) => text).join('; ')}`);
  const bundle = outputFiles.find(({ path }) => path.endsWith('.js'));
  if (!bundle || !isAscii(bundle.contents)) throw new Error(`${name}: the bundle is not ASCII, as entry.cjs reads it`);
  const content = new Map<string, Uint8Array | string>([
    [MAIN, readFileSync(ENTRY)],
    ...outputFiles.map(({ path, contents }) => [basename(path), contents] as const),
    [CACHE_NAME, await compileCache(bundle.text)],
    ['package.json', description],
    ['package-lock.json', lock],
  ]);
  return { content, inputs: Object.keys(metafile.inputs) };
}
