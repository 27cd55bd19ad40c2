import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build as esbuild } from 'esbuild';
import { compileValidators, validatorPlugin } from '../../tools/build/validators.ts';
import { listOrderErrors, validateLine, validateOrder } from './fixture/shared/order.validator.ts';
import { temporaryFolder } from './temporary-folder.ts';

const FIXTURE = join(import.meta.dirname, 'fixture');

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
      plugins: [validatorPlugin(await compileValidators(FIXTURE, ['functions', 'shared'], 'shared/ajv.ts'))],
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

  it.each([
    ['another export', 'export const limit = 3;'],
    ['a schema without $id', "import { ajv } from './fixture-ajv.ts'; export const validate = ajv.compile({});"],
  ])('name the file and the export: %s', async (_, source) => {
    writeFileSync(
      join(folder, 'fixture-ajv.ts'),
      `export { ajv } from '${pathToFileURL(join(FIXTURE, 'shared', 'ajv.ts'))}';`,
    );
    writeFileSync(join(folder, 'bad.validator.ts'), source);
    await expect(compileValidators(folder, ['.'], 'fixture-ajv.ts')).rejects.toThrow(
      /^bad\.validator\.ts: "(limit|validate)" is not/,
    );
  });

  it('need an instance that keeps its source', async () => {
    writeFileSync(join(folder, 'plain.ts'), 'export const ajv = { opts: { code: {} } };');
    writeFileSync(join(folder, 'x.validator.ts'), 'export {};');
    await expect(compileValidators(folder, ['.'], 'plain.ts')).rejects.toThrow('plain.ts must export an ajv instance');
  });
});
