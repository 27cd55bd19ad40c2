import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deployableLock, deployablePackage, FRAMEWORK } from '../../tools/build/deployable-package.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..');
type Packages = Record<string, { version?: string; integrity?: string; dev?: boolean }>;

describe('the lock file of a deployable', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const description = deployablePackage(ROOT, 'incident-webhook');
  const packagesOf = (lock: string): Packages => JSON.parse(lock).packages;
  const lockOf = async (root: string): Promise<string> => (await deployableLock(root))('incident-lead');

  it('is one that npm ci takes, with the versions and checksums that are tested', async () => {
    const lock = await lockOf(ROOT);
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

  it('is the same whatever npm is configured to do', async () => {
    const [expected, before] = [await lockOf(ROOT), { ...process.env }];
    mkdirSync(join(folder, 'home'));
    writeFileSync(join(folder, 'home', '.npmrc'), 'lockfile-version=1\npackage-lock=false\ncache=/nowhere\n');
    Object.assign(process.env, {
      HOME: join(folder, 'home'),
      npm_config_omit: 'dev',
      npm_config_package_lock: 'false',
    });
    try {
      expect(await lockOf(ROOT)).toBe(expected);
    } finally {
      process.env = before;
    }
  });

  it.each([
    ['none at all', undefined, 'package-lock.json cannot be read: run npm install'],
    ['one with another version', '5.0.4', 'package-lock.json does not hold what the deployables need: run npm install'],
  ])('is not made from %s, and nothing is left behind', async (_, version, message) => {
    const packages = { '': {}, [`node_modules/${FRAMEWORK}`]: { version } };
    const lock = { lockfileVersion: 3, requires: true, packages };
    writeFileSync(join(folder, 'package.json'), description);
    if (version) writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    await expect(lockOf(folder)).rejects.toThrow(message);
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).includes('lock-'))).toEqual([]);
  });
});
