import { isAscii } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildResult, build, type Plugin } from 'esbuild';
import { deployablePackage, FRAMEWORK } from './deployable-package.ts';
import type { FolderContent } from './replace-folder.ts';
import { substitutionPlugin } from './substitution-plugin.ts';
import type { Substitution } from './substitutions.ts';
import { type CompiledValidators, validatorPlugin } from './validators.ts';

/**
 * What every deployable holds as it is. With `.cjs` the framework knows a module's kind without
 * reading packages upwards (see loader.js).
 */
const FIXED = join(import.meta.dirname, 'deployable');

type Bundle = BuildResult<{ write: false; metafile: true }>;

/** A function, bundled. */
interface BundledFunction {
  readonly name: string;
  /** All files of its folder but the lock file. */
  readonly content: FolderContent;
  /** The paths of all modules in the bundle, relative to the repository's folder. */
  readonly inputs: readonly string[];
}

/**
 * Bundles one function into the files of its deployable folder: the entry, the bundle that it runs with its
 * linked source map, the script that makes the code cache, and package.json.
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
  const plugins = [validatorPlugin(validators), substitutionPlugin(substitutions)];
  const { outputFiles, metafile } = await bundle(root, name, plugins);
  const content = new Map<string, Uint8Array | string>([
    ...readdirSync(FIXED).map((file) => [file, readFileSync(join(FIXED, file))] as const),
    ...outputFiles.map(({ path, contents }) => [basename(path), contents] as const),
    ['package.json', deployablePackage(root, name)],
  ]);
  return { name, content, inputs: Object.keys(metafile.inputs) };
}

async function bundle(root: string, name: string, plugins: Plugin[]): Promise<Bundle> {
  const result = await build({
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
    // pg takes pg-native where it is installed, even in a folder above this one; the bytes must not depend on that.
    external: [FRAMEWORK, 'pg-native'],
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
    plugins,
  });
  const problems = result.warnings.map(({ text }) => text);
  const script = result.outputFiles.find(({ path }) => path.endsWith('.js'));
  if (!isAscii(script?.contents ?? new Uint8Array())) problems.push('the bundle is not ASCII, as index.cjs reads it');
  if (problems.length > 0) throw new Error(`${name}: ${problems.join('; ')}`);
  return result;
}
