import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build as esbuild } from 'esbuild';
import { validatorPlugin } from '../../tools/build/validators.ts';
import { listOrderErrors, validateLine, validateOrder } from './fixture/shared/order.validator.ts';
import { FIXTURE, temporaryFolder } from './temporary-folder.ts';

const ORIGINAL = { listOrderErrors, validateLine, validateOrder };

const VALUES = [
  { lines: [] },
  { lines: [{ name: 'a' }, { name: 'b' }] },
  { lines: [{ name: 'a' }, { name: 'a' }] },
  { lines: [{ name: '' }, { name: '😀😀😀' }, { name: '😀😀😀😀' }, {}] },
  { lines: 'none' },
  null,
];

describe('compiled validators', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('judge every value as the original does, without ajv', async () => {
    const outfile = join(folder, 'out.cjs');
    const { metafile } = await esbuild({
      entryPoints: [join(FIXTURE, 'shared', 'order.validator.ts')],
      bundle: true,
      platform: 'node',
      outfile,
      metafile: true,
      plugins: [await validatorPlugin(FIXTURE)],
    });
    expect(Object.keys(metafile.inputs).filter((path) => /ajv\/dist\/(core|compile|2020)/.test(path))).toEqual([]);
    // They end in the source map, which must not vary with the folder it was built in.
    expect(Object.keys(metafile.inputs).join()).not.toContain(FIXTURE);
    const compiled: typeof ORIGINAL = createRequire(import.meta.url)(outfile);
    for (const value of VALUES) {
      for (const name of ['validateLine', 'validateOrder', 'listOrderErrors'] as const) {
        expect(compiled[name](value)).toBe(ORIGINAL[name](value));
        expect(compiled[name].errors).toEqual(ORIGINAL[name].errors);
      }
    }
  });

  /** For a repository with these instances of ajv and this validator module. */
  function pluginFor(instances: string, validators: string): ReturnType<typeof validatorPlugin> {
    mkdirSync(join(folder, 'shared'));
    writeFileSync(join(folder, 'shared', 'ajv.ts'), instances);
    writeFileSync(join(folder, 'shared', 'bad.validator.ts'), validators);
    return validatorPlugin(folder);
  }

  it.each([
    ['another export', 'export const limit = 3;'],
    ['a schema without $id', "import { ajv } from './ajv.ts'; export const limit = ajv.compile({});"],
  ])('name the file and the export: %s', async (_, source) => {
    const instances = `export { ajv } from '${pathToFileURL(join(FIXTURE, 'shared', 'ajv.ts'))}';`;
    await expect(pluginFor(instances, source)).rejects.toThrow(
      'shared/bad.validator.ts: "limit" is not compile(schema)',
    );
  });

  it('need an instance that keeps its source', async () => {
    const instances = "import { Ajv2020 } from 'ajv/dist/2020.js'; export const ajv = new Ajv2020();";
    await expect(pluginFor(instances, 'export {};')).rejects.toThrow('code.source');
  });
});
