import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { deployablePackage, FRAMEWORK } from './deployable-package.ts';
import { lazyRequirePlugin } from './lazy-requires.ts';
import type { FolderContent } from './replace-folder.ts';
import { substitutionPlugin, unmatched } from './substitution-plugin.ts';
import { LAZY_PACKAGES, SUBSTITUTIONS } from './substitutions.ts';
import { type CompiledValidators, validatorPlugin } from './validators.ts';

/** The entry's name. With `.cjs` the framework knows the module's kind without reading packages upwards (see loader.js). */
const MAIN = 'index.cjs';

/**
 * Bundles one function into the files of its deployable folder: minified entry, linked source map, package.json.
 *
 * @param root the repository's folder, absolute
 * @param name the folder below `functions/` whose `index.ts` is the entry
 * @param validators what to put in the place of validator modules
 * @throws Error where esbuild reports an error or a warning, or a substitution no longer finds its file
 */
export async function bundleFunction(
  root: string,
  name: string,
  validators: CompiledValidators,
): Promise<FolderContent> {
  const description = deployablePackage(root, name, MAIN);
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [join(root, 'functions', name, 'index.ts')],
    outfile: join(root, 'dist', name, MAIN),
    absWorkingDir: root,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    external: [FRAMEWORK],
    // So that what packages keep for development stays out.
    define: { 'process.env.NODE_ENV': '"production"' },
    minify: true,
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'error',
    metafile: true,
    plugins: [validatorPlugin(validators), substitutionPlugin(SUBSTITUTIONS), lazyRequirePlugin(LAZY_PACKAGES)],
  });
  if (warnings.length > 0) throw new Error(`${name}: ${warnings.map(({ text }) => text).join('; ')}`);
  const moved = unmatched(SUBSTITUTIONS, Object.keys(metafile.inputs)).map(({ file }) => file);
  if (moved.length > 0)
    throw new Error(`${name}: substitutions.ts names files that are not there: ${moved.join(', ')}`);
  const files = outputFiles.map(({ path, contents }) => [basename(path), contents] as const);
  return new Map<string, Uint8Array | string>([...files, ['package.json', description]]);
}
