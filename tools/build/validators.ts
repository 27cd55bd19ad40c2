import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import standaloneModule from 'ajv/dist/standalone/index.js';
import type { OnLoadResult, Plugin } from 'esbuild';

// TypeScript reads this CommonJS module's default export as the namespace; at run time it is the function itself.
const standaloneCode = standaloneModule as unknown as typeof standaloneModule.default;
type Ajv = Parameters<typeof standaloneCode>[0];

/** What a validator module exports, by name. */
type Validators = Readonly<Record<string, { readonly schema?: { readonly $id?: string } }>>;

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
  const contents = new Map<string, string>();
  for (const file of globSync(VALIDATORS, { cwd: root }).sort()) {
    // A module of its own for each instance: two instances give the same names to different things.
    const exports = (await compile(root, file)).map(({ names, source }, index) => {
      contents.set(`${file}:${index}`, source);
      return `export { ${names.join(', ')} } from '${NAMESPACE}:${file}:${index}';`;
    });
    contents.set(join(root, file), exports.join('\n'));
  }
  const load = ({ path }: { path: string }): OnLoadResult => {
    const code = contents.get(path);
    if (code === undefined) return { errors: [{ text: `${path} is not where validators are: ${VALIDATORS}` }] };
    return { contents: code, loader: 'js', resolveDir: root };
  };
  return {
    name: 'validators',
    setup(build) {
      build.onLoad({ filter: /\.validator\.ts$/, namespace: 'file' }, load);
      build.onLoad({ filter: /./, namespace: NAMESPACE }, load);
      build.onResolve({ filter: new RegExp(`^${NAMESPACE}:`) }, ({ path }) => ({
        path: path.slice(NAMESPACE.length + 1),
        namespace: NAMESPACE,
      }));
    },
  };
}

/** What each instance of ajv compiled of a validator module, as a module of its own. */
async function compile(root: string, file: string) {
  const importFile = (path: string) => import(pathToFileURL(join(root, path)).href);
  const instances: Record<string, Ajv> = await importFile(INSTANCES);
  const validators: Validators = await importFile(file);
  const modules = Object.values(instances).map((ajv) => generate(ajv, validators));
  const compiled = modules.flatMap(({ names }) => names);
  const other = Object.keys(validators).find((name) => !compiled.includes(name));
  if (other !== undefined) {
    throw new Error(`${file}: "${other}" is not compile(schema) of an instance in ${INSTANCES}, with a unique $id`);
  }
  return modules.filter(({ names }) => names.length > 0);
}

function generate(ajv: Ajv, validators: Validators) {
  const ids: Record<string, string> = {};
  for (const [name, validate] of Object.entries(validators)) {
    const id = validate.schema?.$id;
    if (id && ajv.getSchema(id) === validate) ids[name] = id;
  }
  // Compiled once more in an instance of its own: ajv numbers its names, and what else this process
  // has compiled must not change them.
  const alone = new (ajv.constructor as new (options: Ajv['opts']) => Ajv)(ajv.opts);
  for (const [id, known] of Object.entries(ajv.refs)) {
    if (!(id in alone.refs) && typeof known === 'object') alone.addSchema(known.schema);
  }
  return { names: Object.keys(ids), source: standaloneCode(alone, ids) };
}
