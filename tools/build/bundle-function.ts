import { isAscii } from 'node:buffer';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { FRAMEWORK } from './deployable-package.ts';

/**
 * Bundles one function with everything that it needs but the framework.
 *
 * @param root the repository's folder, absolute
 * @param name the folder below `functions/` whose `index.ts` is the entry
 * @returns the bundle and its source map
 * @throws Error where esbuild reports an error or a warning
 */
export async function bundleFunction(root: string, name: string, plugins: Plugin[]) {
  const { outputFiles, warnings } = await build({
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
    plugins,
  });
  const problems = warnings.map(({ text }) => text);
  const ascii = outputFiles.every(({ path, contents }) => !path.endsWith('.js') || isAscii(contents));
  if (!ascii) problems.push('the bundle is not ASCII, as index.cjs reads it');
  if (problems.length > 0) throw new Error(`${name}: ${problems.join('; ')}`);
  return outputFiles;
}
