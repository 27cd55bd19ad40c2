import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { deployablePackage, FRAMEWORK } from './deployable-package.ts';
import type { FolderContent } from './replace-folder.ts';

/** The entry's name. With `.cjs` the framework knows the module's kind without reading packages upwards (see loader.js). */
const MAIN = 'index.cjs';

/**
 * Bundles one function into the files of its deployable folder: minified entry, linked source map, package.json.
 *
 * @param root the repository's folder, absolute
 * @param name the folder below `functions/` whose `index.ts` is the entry
 * @param plugins esbuild plugins, in order
 * @throws Error where esbuild reports an error or a warning
 */
export async function bundleFunction(root: string, name: string, plugins: Plugin[]): Promise<FolderContent> {
  const { outputFiles, warnings } = await build({
    entryPoints: [join(root, 'functions', name, 'index.ts')],
    outfile: join(root, 'dist', name, MAIN),
    absWorkingDir: root,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    external: [FRAMEWORK],
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'error',
    plugins,
  });
  if (warnings.length > 0) throw new Error(`${name}: ${warnings.map(({ text }) => text).join('; ')}`);
  const files = outputFiles.map(({ path, contents }) => [basename(path), contents] as const);
  return new Map<string, Uint8Array | string>([...files, ['package.json', deployablePackage(root, name, MAIN)]]);
}
