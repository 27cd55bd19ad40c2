import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from '../../tools/build/build.ts';
import type { Substitution } from '../../tools/build/substitutions.ts';
import { buildableFolder } from './temporary-folder.ts';

describe('build', () => {
  let folder: string;
  let out: string;

  beforeEach(() => {
    folder = buildableFolder();
    out = join(folder, 'dist');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The fixture has none of the files that the real functions' table names. */
  const buildFixture = (options: BuildOptions): Promise<string[]> => build({ substitutions: [], ...options });

  it('writes entry, bundle, source map, gcp-build, package.json and package-lock.json for each function, and no code cache', async () => {
    const folders = await buildFixture({ root: folder });
    expect(folders).toEqual([join(out, 'incident-webhook'), join(out, 'incident-lead')]);
    for (const each of folders) {
      expect(readdirSync(each).sort()).toEqual([
        'bundle.js',
        'bundle.js.map',
        'code-cache.cjs',
        'gcp-build.cjs',
        'index.cjs',
        'package-lock.json',
        'package.json',
      ]);
      expect(readFileSync(join(each, 'bundle.js'), 'utf8')).toMatch(/\/\/# sourceMappingURL=bundle\.js\.map\n$/);
    }
    expect(JSON.parse(readFileSync(join(out, 'incident-lead', 'package.json'), 'utf8'))).toEqual({
      name: 'incident-lead',
      private: true,
      main: 'index.cjs',
      scripts: { 'gcp-build': 'node gcp-build.cjs' },
      engines: { node: '24' },
      dependencies: { '@google-cloud/functions-framework': '5.0.5' },
    });
  });

  it('leaves a folder alone that would not change, and replaces one that would', async () => {
    const [webhook = '', lead = ''] = await buildFixture({ root: folder });
    const before = [statSync(webhook).ino, statSync(lead).ino];
    writeFileSync(join(lead, 'stray.txt'), '');
    await buildFixture({ root: folder });
    expect(statSync(webhook).ino).toBe(before[0]);
    expect(statSync(lead).ino).not.toBe(before[1]);
    expect(readdirSync(lead)).not.toContain('stray.txt');
    expect(readdirSync(out).sort()).toEqual(['incident-lead', 'incident-webhook']);
  });

  it('says what is missing and touches no folder', async () => {
    rmSync(join(folder, 'functions', 'incident-lead'), { recursive: true });
    await expect(buildFixture({ root: folder })).rejects.toThrow('functions/incident-lead/index.ts');
    expect(readdirSync(folder)).not.toContain('dist');
  });

  it('names what is to be replaced and is in no bundle', async () => {
    const row = (file: string): Substitution => ({ file, sha256: '', by: 'nothing', reason: 'it is not needed' });
    const substitutions = [row('left-the-dependencies/index.js'), row('ajv/dist/runtime/moved.js')];
    await expect(buildFixture({ root: folder, substitutions })).rejects.toThrow(
      'in no bundle; correct or remove their rows: left-the-dependencies/index.js, ajv/dist/runtime/moved.js',
    );
    expect(readdirSync(folder)).not.toContain('dist');
  });

  it('refuses a version range of the framework', async () => {
    writeFileSync(join(folder, 'package.json'), '{"dependencies":{"@google-cloud/functions-framework":"^5.0.5"}}');
    await expect(buildFixture({ root: folder })).rejects.toThrow('exact version of @google-cloud/functions-framework');
  });
});
