import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deployableLock } from '../../tools/build/deployable-lock.ts';
import { deployablePackage, FRAMEWORK } from '../../tools/build/deployable-package.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..');
type Packages = Record<string, { version?: string; integrity?: string; dev?: boolean }>;

describe('the lock file of a deployable', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const description = deployablePackage(ROOT, 'incident-lead', 'index.cjs');
  const packagesOf = (lock: string): Packages => JSON.parse(lock).packages;

  it('is one that npm ci takes, with the versions and checksums that are tested', async () => {
    const lock = deployableLock(ROOT, description);
    writeFileSync(join(folder, 'package.json'), description);
    writeFileSync(join(folder, 'package-lock.json'), lock);
    // Refuses a lock file that lacks a package or holds one that does not fit. Nothing is fetched.
    const options = ['ci', '--dry-run', '--loglevel=notice', '--offline', '--ignore-scripts', '--omit=dev'];
    const { stdout } = await promisify(execFile)('npm', options, { cwd: folder });
    const { '': own, ...packages } = packagesOf(lock);
    expect(stdout).toContain(`added ${Object.keys(packages).length} packages`);
    expect(own).toEqual({
      name: 'incident-lead',
      dependencies: JSON.parse(description).dependencies,
      engines: { node: '24' },
    });
    const tested = packagesOf(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    for (const [path, { version, integrity, dev }] of Object.entries(packages)) {
      expect({ path, version, integrity }).toEqual({
        path,
        version: tested[path]?.version,
        integrity: expect.stringMatching(/^sha512-/),
      });
      expect(integrity).toBe(tested[path]?.integrity);
      expect(dev).toBeUndefined();
    }
  });

  it('holds what is needed, from where Node.js takes it, and nothing else', () => {
    writeLock({
      [FRAMEWORK]: { version: '5.0.5', dependencies: { a: '^1.0.0' }, optionalDependencies: { absent: '1' } },
      a: {
        version: '1.0.0',
        dev: true,
        peerDependencies: { peer: '1', unwanted: '1' },
        peerDependenciesMeta: UNWANTED,
      },
      peer: { version: '1.0.0', dependencies: { b: '2' } },
      b: { version: '1.0.0' },
      'peer/node_modules/b': { version: '2.0.0', dependencies: { a: '^1.0.0' } },
      unwanted: { version: '1.0.0' },
      pg: { version: '8.0.0' },
    });
    const packages = packagesOf(deployableLock(folder, description));
    expect(Object.keys(packages)).toEqual([
      '',
      `node_modules/${FRAMEWORK}`,
      'node_modules/a',
      'node_modules/peer',
      'node_modules/peer/node_modules/b',
    ]);
    expect(packages['node_modules/a']).not.toHaveProperty('dev');
  });

  it.each([
    ['none at all', undefined, 'package-lock.json cannot be read: run npm install'],
    ['one with another version', { [FRAMEWORK]: { version: '5.0.4' } }, `has ${FRAMEWORK} 5.0.4, and package.json`],
    [
      'one that lacks a package',
      { [FRAMEWORK]: { version: '5.0.5', dependencies: { a: '1' } } },
      `lacks a, which node_modules/${FRAMEWORK} needs`,
    ],
  ])('is not made from %s', (_, packages, message) => {
    if (packages) writeLock(packages);
    expect(() => deployableLock(folder, description)).toThrow(message);
  });

  const UNWANTED = { unwanted: { optional: true } };

  function writeLock(packages: Record<string, object>): void {
    const entries = Object.entries(packages).map(([name, content]) => [`node_modules/${name}`, content]);
    const lock = { lockfileVersion: 3, packages: { '': {}, ...Object.fromEntries(entries) } };
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  }
});
