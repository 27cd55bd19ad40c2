import { globSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import standaloneModule from 'ajv/dist/standalone/index.js';
import type { Plugin } from 'esbuild';

// TypeScript reads this CommonJS module's default export as the namespace; at run time it is the function itself.
const standaloneCode = standaloneModule as unknown as typeof standaloneModule.default;
type Ajv = Parameters<typeof standaloneCode>[0];

/** A validator module's generated sources: one for each ajv instance it uses, with the names it exports. */
interface GeneratedModule {
  readonly names: readonly string[];
  readonly source: string;
}

/** What every validator module was compiled to, by absolute path. */
export type CompiledValidators = ReadonlyMap<string, readonly GeneratedModule[]>;

const NAMESPACE = 'compiled-validator';

/**
 * Imports every `*.validator.ts` below the folders and compiles its schemas to code that needs no
 * ajv.
 *
 * The convention: such a module exports nothing but `const validateX = ajv.compile<T>(schema)`,
 * where `ajv` is one of the instances that `ajvModule` exports, created with `code: { source: true,
 * esm: true }`, and the schema's `$id` is unique. Files are taken in sorted order, since ajv
 * numbers its names by order of compilation and the output must not vary.
 *
 * @param root the repository's folder, absolute
 * @param folders folders to search, relative to `root`
 * @param ajvModule the module with the ajv instances, relative to `root`
 * @throws Error naming the file and the export that break the convention
 */
export async function compileValidators(
  root: string,
  folders: readonly string[],
  ajvModule: string,
): Promise<CompiledValidators> {
  const patterns = folders.map((folder) => `${folder}/**/*.validator.ts`);
  const files = globSync(patterns, { cwd: root }).sort();
  const compiled = new Map<string, readonly GeneratedModule[]>();
  if (files.length === 0) return compiled;
  const instances = Object.values(await importFile(join(root, ajvModule))).filter(isAjv);
  if (instances.length === 0) {
    throw new Error(`${ajvModule} must export an ajv instance created with code: { source: true, esm: true }`);
  }
  for (const file of files) {
    const validators = new Map(Object.entries(await importFile(join(root, file))));
    const modules = instances.map((ajv) => generate(ajv, validators)).filter(({ names }) => names.length > 0);
    for (const name of validators.keys()) {
      if (modules.some(({ names }) => names.includes(name))) continue;
      throw new Error(`${file}: "${name}" is not compile(schema) of an instance in ${ajvModule}, with a unique $id`);
    }
    compiled.set(join(root, file), modules);
  }
  return compiled;
}

/** An esbuild plugin that puts the compiled code in the place of each validator module. */
export function validatorPlugin(compiled: CompiledValidators): Plugin {
  return {
    name: 'validators',
    setup(build) {
      // Paths are relative to it: they end in the source map, which must not vary with the folder it was built in.
      const root = build.initialOptions.absWorkingDir ?? process.cwd();
      build.onLoad({ filter: /\.validator\.ts$/, namespace: 'file' }, ({ path }) => {
        const modules = compiled.get(path);
        if (!modules) return { errors: [{ text: `${path} lies outside the folders searched for validators` }] };
        // A module of its own for each instance: two instances give the same names to different things.
        const exports = modules.map(
          ({ names }, index) => `export { ${names.join(', ')} } from '${NAMESPACE}:${index}';`,
        );
        return { contents: exports.join('\n'), loader: 'js' };
      });
      build.onResolve({ filter: new RegExp(`^${NAMESPACE}:`) }, ({ path, importer }) => ({
        path: `${relative(root, importer)}:${path.slice(NAMESPACE.length + 1)}`,
        namespace: NAMESPACE,
      }));
      build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => {
        const [file = '', index] = path.split(/:(?=\d+$)/);
        const module = join(root, file);
        const contents = compiled.get(module)?.[Number(index)]?.source ?? '';
        return { contents, loader: 'js', resolveDir: dirname(module) };
      });
    },
  };
}

async function importFile(path: string): Promise<Record<string, unknown>> {
  return await import(pathToFileURL(path).href);
}

function isAjv(value: unknown): value is Ajv {
  const options = (value as Partial<Ajv> | null)?.opts?.code;
  return options?.source === true && options.esm === true;
}

function generate(ajv: Ajv, validators: ReadonlyMap<string, unknown>): GeneratedModule {
  const ids = [...validators].flatMap(([name, validate]) => {
    const schema = typeof validate === 'function' && 'schema' in validate ? validate.schema : undefined;
    const id = typeof schema === 'object' && schema !== null && '$id' in schema ? schema.$id : undefined;
    return typeof id === 'string' && ajv.getSchema(id) === validate ? [[name, id] as const] : [];
  });
  return { names: ids.map(([name]) => name), source: standaloneCode(ajv, Object.fromEntries(ids)) };
}
