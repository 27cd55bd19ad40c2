import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * The one package that is not bundled: its registry of functions lives in a module of its own,
 * which the bundle must share.
 */
export const FRAMEWORK = '@google-cloud/functions-framework';

const LOCK_FILE = 'package-lock.json';
/** Whatever a machine's own configuration of npm says, the file is the same; with no cache and nothing fetched. */
const NPM_OPTIONS = ['--package-lock-only', '--offline', '--ignore-scripts', '--lockfile-version=3', '--logs-max=0'];

/**
 * The `package.json` of a deployable folder, as text.
 *
 * @param root the repository's folder; the framework's version is the exact one its package.json pins
 * @param name package name, after the function's folder
 * @throws Error where the framework is missing or its version is a range
 */
export function deployablePackage(root: string, name: string): string {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version: unknown = dependencies?.[FRAMEWORK];
  if (typeof version !== 'string' || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(`package.json must pin an exact version of ${FRAMEWORK} under "dependencies"`);
  }
  const content = {
    name,
    private: true,
    main: 'index.cjs',
    scripts: { 'gcp-build': 'node gcp-build.cjs' },
    engines: { node: '24' },
    dependencies: { [FRAMEWORK]: version },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/**
 * What the repository's own lock file says of a deployable's dependencies and of theirs, as a lock file of its own. So
 * whoever installs the deployable gets the very packages that the tests ran with.
 *
 * npm makes it: beside a lock file that holds more than is needed, it keeps what package.json asks for.
 *
 * @param root the repository's folder
 * @returns the text of a deployable's lock file by its package name; all have the same dependencies
 * @throws Error where the repository has no lock file, or one that does not fit its package.json
 */
export async function deployableLock(root: string): Promise<(name: string) => string> {
  const { version: _version, ...tested } = readLock(root);
  const scratch = join(root, '.local');
  mkdirSync(scratch, { recursive: true });
  using folder = mkdtempDisposableSync(join(scratch, 'lock-'));
  writeFileSync(join(folder.path, 'package.json'), deployablePackage(root, 'deployable'));
  writeFileSync(join(folder.path, LOCK_FILE), JSON.stringify(tested));
  await runNpm(folder.path);
  const { packages, ...lock } = JSON.parse(readFileSync(join(folder.path, LOCK_FILE), 'utf8'));
  return (name) => {
    const own = { ...packages[''], name };
    return `${JSON.stringify({ ...lock, name, packages: { ...packages, '': own } }, null, 2)}\n`;
  };
}

function readLock(root: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(join(root, LOCK_FILE), 'utf8'));
  } catch (cause) {
    throw new Error(`${LOCK_FILE} cannot be read: run npm install`, { cause });
  }
}

async function runNpm(folder: string): Promise<void> {
  const places = ['userconfig', 'globalconfig', 'cache'].map((name) => `--${name}=${join(folder, name)}`);
  try {
    const env = { PATH: process.env['PATH'] };
    await promisify(execFile)('npm', ['install', ...NPM_OPTIONS, ...places], { cwd: folder, env });
  } catch (cause) {
    const { code, stderr } = cause as { code?: string; stderr?: string };
    if (code === 'ENOENT') throw new Error('npm is not on the PATH: run npm run build', { cause });
    throw new Error(`${LOCK_FILE} does not hold what the deployables need: run npm install\n${stderr}`, { cause });
  }
}
