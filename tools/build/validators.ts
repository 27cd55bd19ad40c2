import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import standaloneModule from 'ajv/dist/standalone/index.js';
import type { Plugin } from 'esbuild';

// TypeScript reads this CommonJS module's default export as the namespace; at run time it is the function itself.
const standaloneCode = standaloneModule as unknown as typeof standaloneModule.default;
type Ajv = Parameters<typeof standaloneCode>[0];

/** What one instance of ajv compiled of a validator module, as a module of its own. */
interface GeneratedModule {
  readonly names: readonly string[];
  readonly source: string;
}

/** Where the instances of ajv are, below the repository's folder. */
const INSTANCES = 'shared/ajv.ts';
const VALIDATORS = '{functions,shared}/**/*.validator.ts';
const NAMESPACE = 'compiled-validator';

/**
 * An esbuild plugin that puts code that needs no ajv in the place of every `*.validator.ts` of
 * functions and `shared/`.
 *
 * The convention: such a module exports nothing but `const validateX = ajv.compile<T>(schema)`, where `ajv` is one of
 * the instances that `shared/ajv.ts` exports, created with `code: { source: true, esm: true }`, and the schema's `$id`
 * is unique.
 *
 * @param root the repository's folder, absolute; paths in the source map are relative to it
 * @throws Error naming the file and the export that break the convention
 */
export async function validatorPlugin(root: string): Promise<Plugin> {
  const compiled = await compileValidators(root);
  return {
    name: 'validators',
    setup(build) {
      build.onLoad({ filter: /\.validator\.ts$/, namespace: 'file' }, ({ path }) => {
        const modules = compiled.get(path);
        if (!modules) return { errors: [{ text: `${path} is not where validators are: ${VALIDATORS}` }] };
        // A module of its own for each instance: two instances give the same names to different things.
        const exports = modules.map(
          ({ names }, index) => `export { ${names.join(', ')} } from '${NAMESPACE}:${index}';`,
        );
        return { contents: exports.join('\n'), loader: 'js', pluginData: modules };
      });
      build.onResolve({ filter: new RegExp(`^${NAMESPACE}:`) }, ({ path, importer, pluginData }) => {
        const index = path.slice(NAMESPACE.length + 1);
        return { path: `${relative(root, importer)}:${index}`, namespace: NAMESPACE, pluginData: pluginData[index] };
      });
      build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ pluginData }) => ({
        contents: pluginData.source,
        loader: 'js',
        resolveDir: root,
      }));
    },
  };
}

/** What to put in the place of each validator module, by absolute path. */
async function compileValidators(root: string): Promise<Map<string, GeneratedModule[]>> {
  const compiled = new Map<string, GeneratedModule[]>();
  for (const file of globSync(VALIDATORS, { cwd: root }).sort()) {
    const instances = Object.values(await importFile<Ajv>(join(root, INSTANCES)));
    const validators = Object.entries(await importFile<Validator>(join(root, file)));
    const modules = instances.map((ajv) => generate(ajv, validators)).filter(({ names }) => names.length > 0);
    for (const [name] of validators) {
      if (modules.some(({ names }) => names.includes(name))) continue;
      throw new Error(`${file}: "${name}" is not compile(schema) of an instance in ${INSTANCES}, with a unique $id`);
    }
    compiled.set(join(root, file), modules);
  }
  return compiled;
}

/** What a validator module should export. */
interface Validator {
  readonly schema?: { readonly $id?: string };
}

async function importFile<Exported>(path: string): Promise<Record<string, Exported>> {
  return await import(pathToFileURL(path).href);
}

function generate(ajv: Ajv, validators: readonly (readonly [name: string, Validator])[]): GeneratedModule {
  const own = validators.filter(
    ([, validate]) => validate.schema?.$id && ajv.getSchema(validate.schema.$id) === validate,
  );
  // Compiled once more in an instance of its own: ajv numbers its names, and what else this process
  // has compiled must not change them.
  const alone = new (ajv.constructor as new (options: Ajv['opts']) => Ajv)(ajv.opts);
  for (const [id, known] of Object.entries(ajv.refs)) {
    if (!(id in alone.refs) && typeof known === 'object') alone.addSchema(known.schema);
  }
  const ids = own.map(([name, { schema }]) => [name, schema?.$id]);
  return { names: own.map(([name]) => name), source: standaloneCode(alone, Object.fromEntries(ids)) };
}
