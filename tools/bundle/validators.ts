import { globSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import standaloneModule from 'ajv/dist/standalone/index.js';
import type { Plugin } from 'esbuild';

// TypeScript reads this CommonJS module's default export as the namespace; at run time it is the function itself.
const standaloneCode = standaloneModule as unknown as typeof standaloneModule.default;
type Ajv = Parameters<typeof standaloneCode>[0];

/** The generated source of every validator module, by absolute path. */
export type ValidatorSources = ReadonlyMap<string, string>;

/**
 * Imports every `*.validator.ts` below the folders and compiles its schemas to code that needs no ajv.
 *
 * The convention: such a module exports nothing but `const validateX = ajv.compile<T>(schema)`, with the instance that
 * `ajvModule` exports as `ajv` (created with `code: { source: true, esm: true }`) and a unique `$id` in every schema.
 * Files are taken in sorted order, since ajv numbers its names by order of compilation and the output must not vary.
 *
 * @param root the repository's folder, absolute
 * @param folders folders to search, relative to `root`
 * @param ajvModule the module that exports `ajv`, relative to `root`
 * @throws Error naming the file and the export that break the convention
 */
export async function compileValidators(
  root: string,
  folders: readonly string[],
  ajvModule: string,
): Promise<ValidatorSources> {
  const patterns = folders.map((folder) => `${folder}/**/*.validator.ts`);
  const files = globSync(patterns, { cwd: root }).sort();
  const sources = new Map<string, string>();
  if (files.length === 0) return sources;
  const { ajv } = (await importFile(join(root, ajvModule))) as { ajv?: Ajv };
  if (!ajv?.opts?.code?.source || !ajv.opts.code.esm) {
    throw new Error(`${ajvModule} must export "ajv", created with code: { source: true, esm: true }`);
  }
  for (const file of files) {
    const path = join(root, file);
    sources.set(path, standaloneCode(ajv, schemaIds(ajv, relative(root, path), await importFile(path))));
  }
  return sources;
}

/** An esbuild plugin that puts the compiled code in the place of each validator module. */
export function validatorPlugin(sources: ValidatorSources): Plugin {
  return {
    name: 'validators',
    setup(build) {
      build.onLoad({ filter: /\.validator\.ts$/ }, ({ path }) => {
        const contents = sources.get(path);
        if (contents !== undefined) return { contents, loader: 'js', resolveDir: dirname(path) };
        return { errors: [{ text: `${path} lies outside the folders that are searched for validators` }] };
      });
    },
  };
}

async function importFile(path: string): Promise<Record<string, unknown>> {
  return await import(pathToFileURL(path).href);
}

function schemaIds(ajv: Ajv, file: string, exports: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(exports).map(([name, value]) => {
    const schema = typeof value === 'function' && 'schema' in value ? value.schema : undefined;
    const id = typeof schema === 'object' && schema !== null && '$id' in schema ? schema.$id : undefined;
    if (typeof id !== 'string' || ajv.getSchema(id) !== value) {
      throw new Error(`${file}: "${name}" is not ajv.compile(schema) of a schema with a unique $id`);
    }
    return [name, id] as const;
  });
  return Object.fromEntries(entries);
}
