import { readFileSync } from 'node:fs';
import { type Plugin, transform } from 'esbuild';

/** `const name = require("x");`, with or without TypeScript's import helpers around it, on a line of its own at the top level. */
const DECLARATION =
  /^(?:const|var|let) ([\w$]+) = ((?:__importStar\(|__importDefault\()?require\((?:"[^"]+"|'[^']+')\)\)?);$/gm;
/** `exports.name = require("x");`, `exports.name = name;` or `exports.name = name.part;` at the top level. */
const REEXPORT =
  /^exports\.([\w$]+) = ([\w$]+(?:\.[\w$]+)?|(?:__importStar\(|__importDefault\()?require\((?:"[^"]+"|'[^']+')\)\)?);$/gm;

const LAZY = '__lazy';
/** Marks the line of the first declaration: the helpers it may need stand above it, every use below. */
const PLACE = '/* deferred */';

/**
 * An esbuild plugin that has the CommonJS modules of some packages load what they require at its first use instead of at
 * once, so that a process pays only for what it reaches. Nothing is removed: what is used later is loaded later.
 *
 * The declarations become getters of one object, and esbuild itself, which knows scopes, replaces the free names by them.
 *
 * @param packages names of packages below `node_modules/`
 */
export function lazyRequirePlugin(packages: readonly string[]): Plugin {
  const names = packages.map((name) => name.replace(/[/.]/g, '\\$&')).join('|');
  return {
    name: 'lazy-requires',
    setup(build) {
      build.onLoad({ filter: new RegExp(`/node_modules/(?:${names})/.*\\.c?js$`) }, async ({ path }) => {
        const contents = await deferRequires(readFileSync(path, 'utf8'), path);
        return contents === undefined ? undefined : { contents, loader: 'js' };
      });
    },
  };
}

/** The module's source with its top-level requires deferred, or undefined where it has none. */
export async function deferRequires(source: string, path: string): Promise<string | undefined> {
  const deferred = new Map<string, string>();
  const kept = source.replace(DECLARATION, (_line, name: string, expression: string) => {
    deferred.set(name, expression);
    return deferred.size === 1 ? PLACE : '';
  });
  if (deferred.size === 0) return undefined;
  const body = kept.replace(REEXPORT, (line, name: string, value: string) => {
    if (!value.includes('require(') && !deferred.has(value.split('.', 1)[0] ?? '')) return line;
    const setter = `set(value) { Object.defineProperty(exports, '${name}', { value }); }`;
    return `Object.defineProperty(exports, '${name}', { enumerable: true, configurable: true, get: () => ${value}, ${setter} });`;
  });
  const getters = [...deferred].map(
    ([name, expression]) =>
      `get ${name}() { const value = ${expression}; Object.defineProperty(this, '${name}', { value }); return value; }`,
  );
  const define = Object.fromEntries([...deferred.keys()].map((name) => [name, `${LAZY}.${name}`]));
  const { code } = await transform(
    body.replace(PLACE, () => `const ${LAZY} = { ${getters.join(', ')} };`),
    { define, sourcefile: path, sourcemap: 'inline', loader: 'js' },
  );
  return code;
}
