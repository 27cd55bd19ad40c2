import { exec } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCES = ['functions', 'shared', 'schemas', 'tools/build', 'package.json', 'package-lock.json'];
/** What the build itself runs on, and what a dependency takes only where it is there. */
const DEV_PACKAGES = ['esbuild', '@esbuild/', 'supports-color', 'has-flag'].map((name) => `node_modules/${name}`);

interface Locked {
  readonly dev?: boolean;
}

/** A checkout with packages of its own: the build follows links to where a file really is. */
function checkOut(folder: string): void {
  for (const source of SOURCES) cpSync(join(ROOT, source), join(folder, source), { recursive: true });
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  for (const [path, { dev }] of Object.entries<Locked>(packages)) {
    if (path === '' || (dev && !DEV_PACKAGES.some((wanted) => path.startsWith(wanted)))) continue;
    if (existsSync(join(ROOT, path))) linkFiles(join(ROOT, path), join(folder, path));
  }
}

function linkFiles(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const target = join(to + entry.parentPath.slice(from.length), entry.name);
    mkdirSync(dirname(target), { recursive: true });
    if (!existsSync(target)) linkSync(join(entry.parentPath, entry.name), target);
  }
}

/** Of every name and byte that is deployed. */
function hashOf(folder: string): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    hash.update(`${file}\n`);
    if (/\.\w+$/.test(file)) hash.update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex');
}

const BUILD = `"${process.execPath}" tools/build/build.ts`;

describe('the build', () => {
  let parent: string;
  beforeAll(() => {
    parent = temporaryFolder();
    checkOut(join(parent, 'checkout'));
  });
  afterAll(() => rmSync(parent, { recursive: true }));

  it('gives the same bytes on a terminal, in a pipe and into a file, in folders of any name', async () => {
    const builds = [
      { name: 'plain', command: `${BUILD} 2>&1 | cat` },
      { name: 'with#hash', command: `${BUILD} > out.txt 2> err.txt`, env: { TZ: 'Asia/Tokyo', FORCE_COLOR: '1' } },
      // A terminal of its own, as far as this system has the command for it.
      { name: 'with a blank', command: `script -qec '${BUILD}' /dev/null || ${BUILD}`, env: { LANG: 'tr_TR.UTF-8' } },
      // In a process that has compiled validators already, in another order.
      { name: 'after', command: BUILD, env: { NODE_OPTIONS: '--import ./shared/incident-event.validator.ts' } },
      { name: '100%25 é', command: `umask 077; ${BUILD}`, env: { npm_config_lockfile_version: '1', HOME: '/nowhere' } },
    ];
    const hashes = new Map<string, string>();
    let folder = join(parent, 'checkout');
    // A package that a dependency would take, above the checkout.
    mkdirSync(join(parent, 'node_modules', 'pg-native'), { recursive: true });
    const above = join(parent, 'node_modules', 'pg-native', 'index.js');
    for (const { name, command, env } of builds) {
      renameSync(folder, join(parent, name));
      folder = join(parent, name);
      rmSync(join(folder, 'dist'), { recursive: true, force: true });
      if (name === '100%25 é') writeFileSync(above, 'module.exports = 1;');
      await promisify(exec)(command, { cwd: folder, env: { PATH: process.env['PATH'], ...env } });
      hashes.set(name, hashOf(join(folder, 'dist')));
    }
    expect(new Set(hashes.values()).size).toBe(1);
    const { sources } = JSON.parse(readFileSync(join(folder, 'dist', 'incident-webhook', 'bundle.js.map'), 'utf8'));
    expect(sources).toContain('../../functions/incident-webhook/app.ts');
    expect(sources.filter((path: string) => path.startsWith('/') || path.startsWith('../../../'))).toEqual([]);
  }, 120_000);
});
